import type { JsonWebKey } from 'node:crypto'
import { createHmac, createPrivateKey, createSecretKey, sign } from 'node:crypto'
import { signingKeyOf } from './sign.ts'
import type { Signing, SignPayload } from './signing.ts'

/** Signs by Node's synchronous calls: WebCrypto hops to a thread pool here. */
export const signingByNode: Signing = {
  base64url,
  async eddsa(privateKey, header) {
    // It says whether the key is one.
    await signingKeyOf(privateKey, 'EdDSA')
    const key = createPrivateKey({ key: privateKey as JsonWebKey, format: 'jwk' })
    return signedBy((input) => sign(null, Buffer.from(input, 'latin1'), key).toString('base64url'), header)
  },
  async hs256(secret, header) {
    const key = createSecretKey(secret)
    return signedBy((input) => createHmac('sha256', key).update(input, 'latin1').digest('base64url'), header)
  },
}

function signedBy(signatureOf: (input: string) => string, header: string): SignPayload {
  const first = `${base64url(header)}.`
  return (encoded) => {
    const input = first + encoded
    return `${input}.${signatureOf(input)}`
  }
}

function base64url(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64url')
}
