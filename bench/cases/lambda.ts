import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stamp } from '../../src/checked.ts'
import { lambdaBundles } from '../bundle.ts'
import { benchDocument, jwtDocument, PERMISSION, TOKEN } from '../document.ts'
import { coldStart, eventOf } from '../lambda.ts'
import type { Sample } from '../statistics.ts'
import { ratios, shuffled } from '../statistics.ts'
import type { Section } from '../table.ts'

const BUNDLES = ['latchkey.ts', 'latchkey-jwt.ts', 'jose-secret.mjs', 'jose-jwks.mjs', 'bearer-auth.ts', 'hono-jwk.ts']

/** The same bundle twice is the A/A line. */
const SIDES = ['latchkey', 'same', 'latchkey-jwt', 'jose-secret', 'jose-jwks', 'bearer-auth', 'hono-jwk'] as const
type Side = (typeof SIDES)[number]

/** Lambda's part is left out: from the import of a bundle to its first decision, each time in a fresh process. */
export async function run(rounds: number): Promise<Section[]> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  try {
    const paths = BUNDLES.map((file): [string, string] => [
      file.replace(/\..*/, ''),
      fileURLToPath(new URL(`../lambda/${file}`, import.meta.url)),
    ])
    await lambdaBundles(Object.fromEntries(paths), folder, {
      DOCUMENT: JSON.stringify(stamp(benchDocument(1))),
      JWT_DOCUMENT: JSON.stringify(stamp(jwtDocument(undefined, EXPECTED))),
    })
    const samples = Object.fromEntries(SIDES.map((side) => [side, []])) as unknown as Record<Side, Sample[]>
    // The first round only fills the disk's cache.
    for (let round = -1; round < rounds; round++) {
      for (const side of shuffled(SIDES)) {
        const bundle = join(folder, `${side === 'same' ? 'latchkey' : side}.mjs`)
        const sample = await coldStart(bundle, BY_JWT.has(side) ? JWT_EVENT : EVENT, VARIABLES)
        if (round >= 0) samples[side].push(sample)
      }
    }
    const over = (own: Side, other: Side) =>
      ratios(samples[own].map((sample, round) => [sample, samples[other][round] as Sample]))
    return [
      {
        title: 'on Lambda, from the import of the bundle to the first decision, in fresh processes',
        rows: [
          { name: 'A/A: the authorizer / the same', ...over('latchkey', 'same') },
          {
            name: 'the authorizer / a handler with jose, HS256',
            ...over('latchkey', 'jose-secret'),
            budget: { limit: 'at most', value: 0.8 },
          },
          {
            name: 'the authorizer / a handler with jose, ES256 and a key set',
            ...over('latchkey', 'jose-jwks'),
            budget: { limit: 'at most', value: 0.8 },
          },
          {
            name: 'the authorizer / Hono with bearer-auth',
            ...over('latchkey', 'bearer-auth'),
            budget: { limit: 'at most', value: 0.25 },
          },
          {
            name: 'the authorizer with a JWT, ES256 and a key set / a handler with jose, the same',
            ...over('latchkey-jwt', 'jose-jwks'),
            budget: { limit: 'at most', value: 1.2 },
          },
          {
            name: 'the authorizer with a JWT, ES256 and a key set / Hono with hono/jwk, the same',
            ...over('latchkey-jwt', 'hono-jwk'),
            budget: { limit: 'at most', value: 0.3 },
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
const EXPECTED = { issuer: 'bench', audience: 'bench', algorithms: ['ES256'] } as const

const ES256 = jwt('ES256', (text) => signature(text).toString('base64url'))

/** One event for all that take static tokens, and for jose, which looks for its own in fields of its own. */
const EVENT = eventOf(TOKEN, {
  'x-jwt': `Bearer ${jwt('HS256', (text) => createHmac('sha256', JWT_SECRET).update(text).digest('base64url'))}`,
  'x-jwt-es256': `Bearer ${ES256}`,
})
/** One for those who take it where tokens usually are. */
const JWT_EVENT = eventOf(ES256)
const BY_JWT: ReadonlySet<Side> = new Set(['latchkey-jwt', 'hono-jwk'])

function signature(text: string): Buffer {
  return sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
}

function jwt(alg: string, signed: (text: string) => string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 600
  const claims = { iss: 'bench', aud: 'bench', sub: 'bench', scope: PERMISSION, exp }
  const text = `${part({ alg, typ: 'JWT', kid: 'bench' })}.${part(claims)}`
  return `${text}.${signed(text)}`
}
