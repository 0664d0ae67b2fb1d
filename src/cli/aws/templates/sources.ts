import type { Source } from '../model.ts'
import type { Told, Tree } from './tree.ts'
import { itemsOf, knownText, UNKNOWN } from './tree.ts'

const REQUEST = /^(?:method\.|route\.)?request\.(?:multivalue)?(header|querystring)\.(.+)$/

/**
 * Reads identity sources: `method.request.header.Auth, context.path` of a REST API, `$request.header.Auth` of an HTTP API,
 * `route.request.header.Auth` of a WebSocket API. Unknown where one of them is.
 */
export function sourcesOf(tree: Tree | undefined): Told<readonly Source[]> {
  const texts = itemsOf(tree).map(knownText)
  if (texts.includes(undefined)) return UNKNOWN
  const sources = texts.flatMap((text) => (text as string).split(',')).flatMap((text) => text.trim() || [])
  const read = sources.map(sourceOf)
  return read.includes(undefined) ? UNKNOWN : (read as Source[])
}

/** One source; undefined for what is none. */
export function sourceOf(text: string): Source | undefined {
  const plain = text.replace(/^\$/, '')
  const [, place, name] = REQUEST.exec(plain) ?? []
  if (place === 'header') return { kind: 'header', name: (name as string).toLowerCase(), text }
  if (place === 'querystring') return { kind: 'query', name: name as string, text }
  if (plain.startsWith('context.')) return { kind: 'context', name: plain.slice('context.'.length), text }
  if (!plain.startsWith('stageVariables.')) return undefined
  return { kind: 'stage-variable', name: plain.slice('stageVariables.'.length), text }
}
