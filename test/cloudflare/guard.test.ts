import { expect, it } from 'vitest'
import { worker } from '../../adapters/cloudflare/index.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { DOCUMENT, TOKEN } from './given.ts'

/**
 * workerd refuses every target that fetch would write differently and that the core lets pass. Should another version
 * let one through, or the platform's edge, the guard before the origin still holds.
 */
async function ask(target: string): Promise<{ readonly status: number; readonly sent: readonly string[] }> {
  const sent: string[] = []
  const ORIGIN = {
    fetch: async (url: string) => {
      sent.push(url)
      return new Response()
    },
  }
  const headers = new Headers({ Host: 'api.example', Authorization: `Bearer ${TOKEN}` })
  const request = { url: `https://api.example${target}`, method: 'GET', headers, body: null } as unknown as Request
  const gate = worker({ document: DOCUMENT, sink: memorySink() })
  const { status } = await gate.fetch(request, { TOKEN, ORIGIN }, { waitUntil: () => undefined })
  return { status, sent }
}

it.each([
  ['/a?b', 'https://api.example/a?b'],
  ['/a?', 'https://api.example/a?'],
  ["/a?b='c'", 'https://api.example/a?b=%27c%27'],
  ['/a?b="<é>"', 'https://api.example/a?b=%22%3C%C3%A9%3E%22'],
])('sends %j as it was judged', async (target, url) => {
  expect(await ask(target)).toEqual({ status: 200, sent: [url] })
})

it.each([
  ['a tab', '/a?b\tc'],
  ['a line feed', '/a?b\nc'],
  ['a space', '/a?b c'],
  ['NUL', '/a?\0'],
])('refuses %s in a query, which fetch would drop or escape', async (_, target) => {
  expect(await ask(target)).toEqual({ status: 400, sent: [] })
})
