import { createLocalJWKSet, jwtVerify } from 'jose'

/** An authorizer with jose as most are: the issuer's public keys, here at hand and not fetched, and an ES256 token. */
const keys = createLocalJWKSet(JSON.parse(process.env.JWKS))

export async function handler(event) {
  try {
    const token = event.headers['x-jwt-es256'].replace(/^bearer /i, '')
    const { payload } = await jwtVerify(token, keys, { issuer: 'bench', audience: 'bench', algorithms: ['ES256'] })
    return { isAuthorized: true, context: { subject: payload.sub } }
  } catch {
    return { isAuthorized: false }
  }
}
