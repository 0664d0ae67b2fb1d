import type { Judgement } from '../src/build.ts'
import { build } from '../src/build.ts'
import type { IdentityDocument } from '../src/document.ts'
import { identities } from '../src/http/signed-identity.ts'
import type { Signing } from '../src/key-sets/signing.ts'
import type { Maybe } from '../src/lib/maybe.ts'
import { after } from '../src/lib/maybe.ts'
import type { Digests } from '../src/model/ports.ts'
import { env } from '../src/secrets/env.ts'
import { memorySink } from '../src/sinks/memory.ts'

const NOW = 1_780_272_000
const TOKEN = 'wTbV3R0c5mQ1k9XyZ2aL7uJ8nH4eP6sD0fGiKoMqEhU'

/** What identities are signed by in every case: a text of 32 bytes and more, and a private key of Ed25519. */
export interface SigningSecrets {
  readonly SHARED: string
  readonly KEY: string
}

const COMMON = { audience: 'orders-origin', publicOrigin: 'https://api.example' }
export const BY_HS256: IdentityDocument = { ...COMMON, algorithm: 'HS256', keys: { secret: 'SHARED' } }
export const BY_EDDSA: IdentityDocument = { ...COMMON, keys: { secret: 'KEY' } }

/** Signs what one request was judged to be, again and again. */
export async function signer(
  identity: IdentityDocument,
  secrets: SigningSecrets,
  signing: Signing,
  digests: Digests,
): Promise<() => Maybe<string>> {
  const document = {
    identity,
    credentials: [{ kind: 'static-token', name: 'app', tokens: { secret: 'TOKEN' }, type: 'full-access' }],
    routes: [{ path: '/*' }],
  } as const
  const host = { now: () => NOW, elapsed: () => 0, digests, secrets: env({ ...secrets, TOKEN }), sink: memorySink() }
  const latchkey = build(document, host, { transport: 'any' })
  const fields: Readonly<Record<string, readonly string[]>> = { authorization: [`Bearer ${TOKEN}`] }
  const access = {
    requestId: '00000000-0000-4000-8000-000000000000',
    at: NOW,
    method: 'GET',
    scheme: 'https',
    host: 'api.example',
    target: '/orders/7',
    clientAddress: undefined,
    loopback: false,
    header: (name: string) => fields[name] ?? [],
    headerNames: () => Object.keys(fields),
  } as const
  const judgement: Judgement = await latchkey.judge(access, { defer: () => undefined })
  const sign = identities(latchkey, signing)
  return () =>
    after(sign(judgement), ({ decision }) => {
      if (!decision.allow || decision.identity === undefined) throw new Error('nothing was signed')
      return decision.identity
    })
}

/** The bytes that a token's signature is made over. */
export function signedBytes(token: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(token.replace(/\.[^.]*$/, ''))
}
