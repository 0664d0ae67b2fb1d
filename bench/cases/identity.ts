import { createHmac, createPrivateKey, createSecretKey, generateKeyPairSync, sign } from 'node:crypto'
import { nodeDigests } from '../../src/crypto/node.ts'
import { signingByWeb } from '../../src/key-sets/signing.ts'
import { signingByNode } from '../../src/key-sets/signing-by-node.ts'
import { timed } from '../in-process.ts'
import { BY_EDDSA, BY_HS256, signedBytes, signer } from '../signer.ts'
import type { Batch, Measured } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { Row, Section } from '../table.ts'

/** How long a batch takes at least, in signatures: about ten milliseconds of each kind. */
const SIGNING = 150
const SHARED = 'Xw3Rk8Vn5Qz1Tb7Lm4Hc9Pd2Gs6Jf0Ya_eUoIiTwKvM'

/** What a signed identity costs a request beside the signature alone, over as many bytes, of the same runtime. */
export async function run(rounds: number): Promise<Section[]> {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const secrets = { SHARED, KEY: JSON.stringify(jwk) }
  const digests = nodeDigests()
  const hs256 = await signer(BY_HS256, secrets, signingByNode, digests)
  const eddsa = await signer(BY_EDDSA, secrets, signingByNode, digests)
  const webHs256 = await signer(BY_HS256, secrets, signingByWeb, digests)
  const webEddsa = await signer(BY_EDDSA, secrets, signingByWeb, digests)
  const data = signedBytes(await hs256())
  const longer = signedBytes(await eddsa())

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
