import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Document } from '../document.ts'
import type { CredentialKind } from '../model/principal.ts'
import { VERSION } from '../version.ts'
import { Failure } from './failure.ts'

/** The functions that can be put together. */
export type HandlerName = 'authorizer' | 'admin'

/** A function that was built for some kinds of credential, and for any document that has no other. */
export interface LambdaPart {
  readonly handler: HandlerName
  /** Beside static tokens. */
  readonly kinds: readonly CredentialKind[]
  readonly file: string
  /** Files that it may load later. */
  readonly needs: readonly string[]
}

/** What a build has put together, and of which version. */
export interface LambdaParts {
  readonly version: string
  readonly parts: readonly LambdaPart[]
}

export const PARTS_FILE = 'parts.json'
/** The module of the document, which each function imports. */
export const DOCUMENT_FILE = 'document.mjs'

/** Beside the built command line; from its source, where a build puts it. */
const FOLDERS = ['aws-parts/', '../../dist/aws-parts/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
const BUILD = 'run `npm run build` in a checkout; an installed latchkey brings them'

/** Where the parts are; throws `Failure` where there are none, or those of another version. */
export function partsFolder(folders: readonly string[] = FOLDERS): string {
  const found = folders.find((folder) => partsIn(folder) !== undefined)
  if (found === undefined) throw new Failure(`there are no parts of a Lambda function here: ${BUILD}`)
  if (partsIn(found)?.version !== VERSION) throw new Failure(`the parts of Lambda functions here are old: ${BUILD}`)
  return found
}

/** The files of a function for a document, by the names that they get. Throws `Failure` where no part does for it. */
export function lambdaFiles(folder: string, handler: HandlerName, document: Document): Map<string, Uint8Array> {
  const wanted = [...new Set(document.credentials.map(({ kind }) => kind))].filter((kind) => kind !== 'static-token')
  const isFor = (part: LambdaPart) => part.handler === handler && wanted.every((kind) => part.kinds.includes(kind))
  const [part] = (partsIn(folder)?.parts ?? []).filter(isFor).sort((a, b) => a.kinds.length - b.kinds.length)
  if (!part) throw new Failure(`no part here verifies ${wanted.join(', ')}: ${BUILD}`)
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name))
    } catch {
      throw new Failure(`${name} is missing among the parts of Lambda functions: ${BUILD}`)
    }
  }
  return new Map([[`${handler}.mjs`, read(part.file)], ...part.needs.map((name) => [name, read(name)] as const)])
}

function partsIn(folder: string): LambdaParts | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, PARTS_FILE), 'utf8')) as LambdaParts
  } catch {
    return undefined
  }
}
