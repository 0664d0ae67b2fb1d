import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stamp } from '../../src/checked.ts'
import { lambdaBundles } from '../bundle.ts'
import { benchDocument, TOKEN } from '../document.ts'
import { coldStart, eventOf } from '../lambda.ts'
import type { Sample } from '../statistics.ts'
import { ratios, shuffled } from '../statistics.ts'
import type { Section } from '../table.ts'

const fileOf = (name: string) => fileURLToPath(new URL(`../lambda/${name}`, import.meta.url))

const ENTRIES = {
  latchkey: fileOf('latchkey.ts'),
  'jose-secret': fileOf('jose-secret.mjs'),
  'jose-jwks': fileOf('jose-jwks.mjs'),
  'bearer-auth': fileOf('bearer-auth.ts'),
}

/** The same bundle twice is the A/A line. */
const SIDES = ['latchkey', 'same', 'jose-secret', 'jose-jwks', 'bearer-auth'] as const
type Side = (typeof SIDES)[number]

/** Lambda's part is left out: from the import of a bundle to its first decision, each time in a fresh process. */
export async function run(rounds: number): Promise<Section[]> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  try {
    await lambdaBundles(ENTRIES, folder, { DOCUMENT: JSON.stringify(stamp(benchDocument(1))) })
    const samples: Record<Side, Sample[]> = {
      latchkey: [],
      same: [],
      'jose-secret': [],
      'jose-jwks': [],
      'bearer-auth': [],
    }
    // The first round only fills the disk's cache.
    for (let round = -1; round < rounds; round++) {
      for (const side of shuffled(SIDES)) {
        const bundle = join(folder, `${side === 'same' ? 'latchkey' : side}.mjs`)
        const sample = await coldStart(bundle, EVENT, VARIABLES)
        if (round >= 0) samples[side].push(sample)
      }
    }
    const over = (side: Side) =>
      ratios(samples.latchkey.map((own, round) => [own, (samples[side] as Sample[])[round] as Sample]))
    return [
      {
        title: 'on Lambda, from the import of the bundle to the first decision, in fresh processes',
        rows: [
          { name: 'A/A: the authorizer / the same', ...over('same') },
          {
            name: 'the authorizer / a handler with jose, HS256',
            ...over('jose-secret'),
            budget: { limit: 'at most', value: 0.8 },
          },
          {
            name: 'the authorizer / a handler with jose, ES256 and a key set',
            ...over('jose-jwks'),
            budget: { limit: 'at most', value: 0.8 },
          },
          {
            name: 'the authorizer / Hono with bearer-auth',
            ...over('bearer-auth'),
            budget: { limit: 'at most', value: 0.25 },
          },
        ],
      },
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

const JWT_SECRET = 'bench-shared-secret-of-more-than-32-bytes'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PUBLIC_KEY = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256' }

const VARIABLES = { TOKEN_0: TOKEN, JWT_SECRET, JWKS: JSON.stringify({ keys: [PUBLIC_KEY] }) }

/** One event for all. */
const EVENT = eventOf(TOKEN, {
  'x-jwt': `Bearer ${jwt('HS256', (text) => createHmac('sha256', JWT_SECRET).update(text).digest('base64url'))}`,
  'x-jwt-es256': `Bearer ${jwt('ES256', (text) => signature(text).toString('base64url'))}`,
})

function signature(text: string): Buffer {
  return sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
}

function jwt(alg: string, signed: (text: string) => string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: 'bench', aud: 'bench', sub: 'bench', exp: Math.floor(Date.now() / 1000) + 600 }
  const text = `${part({ alg, typ: 'JWT', kid: 'bench' })}.${part(claims)}`
  return `${text}.${signed(text)}`
}
