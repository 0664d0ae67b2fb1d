import { describe, expect, it } from 'vitest'
import { authorizer } from '../adapters/aws/index.ts'
import { worker } from '../adapters/cloudflare/index.ts'
import { middleware } from '../adapters/vercel/index.ts'
import document from '../latchkey.json' with { type: 'json' }
import { latchkey } from '../src/http/hono.ts'

/** TypeScript types an imported literal as any string, so a host that insists on `'static-token'` would not compile here. */
describe('a document that is imported from a JSON file', () => {
  it.each([
    ['Vercel', middleware({ document })],
    ['Worker', worker({ document }).fetch],
    ['Lambda', authorizer({ document })],
    ['Hono', latchkey({ document })],
  ])('is taken as it is: %s', (_, host) => {
    expect(host).toBeTypeOf('function')
  })

  it('is taken with its stamp, as the file is typed that latchkey check --emit writes', () => {
    const checked = { checked: 'latchkey schema 1, 00000000', document }
    expect(worker({ document: checked }).fetch).toBeTypeOf('function')
  })
})
