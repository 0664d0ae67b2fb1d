import { createHmac, createPrivateKey, createSecretKey, generateKeyPairSync, sign } from 'node:crypto'
import type { Judgement, Latchkey } from '../../src/build.ts'
import { build } from '../../src/build.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { IdentityDocument } from '../../src/document.ts'
import { identities } from '../../src/http/signed-identity.ts'
import type { Signing } from '../../src/key-sets/signing.ts'
import { signingByWeb } from '../../src/key-sets/signing.ts'
import { signingByNode } from '../../src/key-sets/signing-by-node.ts'
import type { Maybe } from '../../src/lib/maybe.ts'
import { after } from '../../src/lib/maybe.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { timed } from '../in-process.ts'
import type { Batch, Measured } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { Row, Section } from '../table.ts'

/** How long a batch takes at least, in signatures: about ten milliseconds of each kind. */
const SIGNING = 150
const NOW = 1_780_272_000
const TOKEN = 'wTbV3R0c5mQ1k9XyZ2aL7uJ8nH4eP6sD0fGiKoMqEhU'
const SHARED = 'Xw3Rk8Vn5Qz1Tb7Lm4Hc9Pd2Gs6Jf0Ya_eUoIiTwKvM'

/** What a signed identity costs a request beside the signature alone, over as many bytes, of the same runtime. */
export async function run(rounds: number): Promise<Section[]> {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const secrets = { TOKEN, SHARED, KEY: JSON.stringify(jwk) }
  const common = { audience: 'orders-origin', publicOrigin: 'https://api.example' }
  const byHs256: IdentityDocument = { ...common, algorithm: 'HS256', keys: { secret: 'SHARED' } }
  const byEddsa: IdentityDocument = { ...common, keys: { secret: 'KEY' } }
  const hs256 = await signer(byHs256, secrets, signingByNode)
  const eddsa = await signer(byEddsa, secrets, signingByNode)
  const webHs256 = await signer(byHs256, secrets, signingByWeb)
  const webEddsa = await signer(byEddsa, secrets, signingByWeb)
  const bytesOf = (token: string) => new TextEncoder().encode(token.replace(/\.[^.]*$/, ''))
  const data = bytesOf(await hs256())
  const longer = bytesOf(await eddsa())

  const { subtle } = crypto
  const hmacKey = await subtle.importKey('raw', Buffer.from(SHARED), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const edKey = await subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign'])
  const nodeHmacKey = createSecretKey(Buffer.from(SHARED))
  const nodeKey = createPrivateKey({ key: jwk, format: 'jwk' })

  const sections: Section[] = []
  for (const inFlight of [1, 32]) {
    const batch = (work: () => unknown): Batch => {
      return () => timed({ requests: SIGNING, inFlight }, work)
    }
    const nodeHmac = () => createHmac('sha256', nodeHmacKey).update(data).digest()
    const measured = await interleave(
      batch(nodeHmac),
      {
        same: batch(nodeHmac),
        hs256: batch(hs256),
        signature: batch(() => sign(null, longer, nodeKey)),
        eddsa: batch(eddsa),
        webHmac: batch(() => subtle.sign('HMAC', hmacKey, data)),
        webHs256: batch(webHs256),
        webSignature: batch(() => subtle.sign('Ed25519', edKey, longer)),
        webEddsa: batch(webEddsa),
      },
      rounds,
    )
    const way = inFlight === 1 ? 'one at a time' : `${inFlight} in flight`
    sections.push({ title: `signed identities on Node, ${way}`, rows: rowsOf(measured) })
  }
  return sections
}

/** Signs what one request was judged to be, again and again. */
async function signer(
  identity: IdentityDocument,
  secrets: Record<string, string>,
  signing: Signing,
): Promise<() => Maybe<string>> {
  const document = {
    identity,
    credentials: [{ kind: 'static-token', name: 'app', tokens: { secret: 'TOKEN' }, type: 'full-access' }],
    routes: [{ path: '/*' }],
  } as const
  const host = { now: () => NOW, elapsed: () => 0, digests: nodeDigests(), secrets: env(secrets), sink: memorySink() }
  const latchkey: Latchkey = build(document, host, { transport: 'any' })
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

type Name = 'same' | 'hs256' | 'signature' | 'eddsa' | 'webHmac' | 'webHs256' | 'webSignature' | 'webEddsa'

function rowsOf(measured: Measured<Name>): Row[] {
  return [
    { name: "A/A: Node's own HMAC / the same", ...toBaseline(measured, 'same') },
    {
      name: "an identity by HS256 / Node's own HMAC alone",
      ...toBaseline(measured, 'hs256'),
      budget: { limit: 'at most', value: 2 },
    },
    {
      name: "an identity by EdDSA / Node's own signature alone",
      ...toCase(measured, 'eddsa', 'signature'),
      budget: { limit: 'at most', value: 1.1 },
    },
    {
      name: 'by WebCrypto: an identity by HS256 / its HMAC alone',
      ...toCase(measured, 'webHs256', 'webHmac'),
      budget: { limit: 'at most', value: 2 },
    },
    {
      name: 'by WebCrypto: an identity by EdDSA / its signature alone',
      ...toCase(measured, 'webEddsa', 'webSignature'),
      budget: { limit: 'at most', value: 1.1 },
    },
  ]
}
