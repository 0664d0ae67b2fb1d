import { describe, expect, it } from 'vitest'
import { env, memorySink } from '../../adapters/node/index.ts'
import { build } from '../../src/build.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import { trimOptionalSpace } from '../../src/lib/optional-space.ts'
import type { Access } from '../../src/model/access.ts'

describe('optional whitespace', () => {
  it.each([
    ['nothing', '', ''],
    ['no space', 'a b', 'a b'],
    ['spaces and tabs', ' \t a\tb \t', 'a\tb'],
    ['only spaces', ' \t ', ''],
    ['a no-break space, which stays', '\u00a0a\u00a0', '\u00a0a\u00a0'],
    ['a line end, which stays', 'a\r\n', 'a\r\n'],
    ['a form feed and a byte order mark, which stay', '\fa\ufeff', '\fa\ufeff'],
  ])('is taken off: %s', (_, given, expected) => {
    expect(trimOptionalSpace(given)).toBe(expected)
  })
})

describe('a token with one byte more', () => {
  const TOKEN = 'o3ZkYxW1vUt5Sr7Qp9On2Ml4Kj6Ih8Gf0Ed-Cb_AzXy'
  const latchkey = build(
    {
      credentials: [
        {
          kind: 'static-token',
          tokens: { secret: 'TOKEN' },
          from: [{ header: 'authorization', scheme: 'bearer' }, { header: 'x-token' }, { cookie: 'session' }],
          type: 'full-access',
        },
      ],
      routes: [{ path: '/*' }],
    },
    { now: () => 0, elapsed: () => 0, digests: nodeDigests(), secrets: env({ TOKEN }), sink: memorySink() },
    { transport: 'any' },
  )

  function access(name: string, value: string): Access {
    return {
      requestId: 'a',
      method: 'GET',
      scheme: 'https',
      host: 'api.example',
      target: '/',
      header: (each) => (each === name ? [value] : []),
      headerNames: () => [name],
      clientAddress: undefined,
      loopback: false,
      at: 0,
    }
  }

  it.each([
    ['authorization', `Bearer ${TOKEN}`],
    ['x-token', TOKEN],
    ['cookie', `session=${TOKEN}`],
  ])('is no token: %s', async (name, value) => {
    const decide = async (sent: string) => (await latchkey.judge(access(name, sent), { defer: () => {} })).decision
    expect(await decide(` ${value}\t`)).toMatchObject({ allow: true })
    for (const byte of ['\u00a0', '\u0085', '\ufeff', '\v', '\f']) {
      expect(await decide(value + byte)).toMatchObject({ allow: false, refusal: { reason: 'credential-malformed' } })
    }
  })
})
