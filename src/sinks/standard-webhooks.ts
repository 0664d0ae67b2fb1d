/** Standard Webhooks 1.0: how a delivery is signed. https://www.standardwebhooks.com */

const BASE64_PREFIX = 'whsec_'
/** The halves of the asymmetric scheme, which is not spoken here. As text they would make a key that others know. */
const ASYMMETRIC = /^wh[ps]k_/
const FEWEST_BYTES = 24
const MOST_BYTES = 64

/**
 * The key that a signing secret stands for: behind `whsec_` 24 to 64 bytes in base64, as the specification has it, else
 * the text's own bytes in UTF-8. Undefined where it is neither.
 */
export function signingKey(secret: string): Uint8Array<ArrayBuffer> | undefined {
  if (secret === '' || ASYMMETRIC.test(secret)) return undefined
  if (!secret.startsWith(BASE64_PREFIX)) return new TextEncoder().encode(secret)
  const bytes = fromBase64(secret.slice(BASE64_PREFIX.length))
  return bytes && bytes.length >= FEWEST_BYTES && bytes.length <= MOST_BYTES ? bytes : undefined
}

/**
 * The value of `webhook-signature`: a signature by each secret that is one, so that a receiver may hold any of them while
 * they are changed. Empty where there is none.
 */
export async function signatures(
  secrets: readonly string[],
  id: string,
  timestamp: number,
  body: string,
): Promise<string> {
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`)
  const keys = secrets.map(signingKey).filter((key) => key !== undefined)
  return (await Promise.all(keys.map((key) => signature(key, signed)))).join(' ')
}

async function signature(key: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>): Promise<string> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const digest = new Uint8Array(await crypto.subtle.sign('HMAC', imported, data))
  return `v1,${btoa(String.fromCharCode(...digest))}`
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
