import { webDigests } from '../../src/crypto/web.ts'
import { signingByWeb } from '../../src/key-sets/signing.ts'
import type { SigningSecrets } from '../signer.ts'
import { BY_EDDSA, BY_HS256, signedBytes, signer } from '../signer.ts'

/** What a batch is asked for by. */
export interface SigningLoop {
  readonly what: 'hmac' | 'same' | 'hs256' | 'signature' | 'eddsa'
  readonly secrets: SigningSecrets
  readonly times: number
  readonly inFlight: number
}

type Works = Readonly<Record<SigningLoop['what'], () => unknown>>
let made: Promise<Works> | undefined

/** Once an isolate, as the keys are only known at its first request. */
async function worksOf(secrets: SigningSecrets): Promise<Works> {
  const { subtle } = crypto
  const digests = webDigests()
  const hs256 = await signer(BY_HS256, secrets, signingByWeb, digests)
  const eddsa = await signer(BY_EDDSA, secrets, signingByWeb, digests)
  const data = signedBytes(await hs256())
  const longer = signedBytes(await eddsa())
  const shared = new TextEncoder().encode(secrets.SHARED)
  const hmacKey = await subtle.importKey('raw', shared, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const key = await subtle.importKey('jwk', JSON.parse(secrets.KEY), 'Ed25519', false, ['sign'])
  const hmac = () => subtle.sign('HMAC', hmacKey, data)
  return { hmac, same: hmac, hs256, signature: () => subtle.sign('Ed25519', key, longer), eddsa }
}

/** Signs many times in one request. */
export default {
  async fetch(asked: Request): Promise<Response> {
    const { what, secrets, times, inFlight } = (await asked.json()) as SigningLoop
    made ??= worksOf(secrets)
    const sign = (await made)[what]
    let left = times
    const work = async () => {
      while (left-- > 0) await sign()
    }
    await Promise.all(Array.from({ length: inFlight }, work))
    return Response.json({ times })
  },
}
