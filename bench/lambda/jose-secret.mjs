import { jwtVerify } from 'jose'

/** The least that an authorizer with jose does: one signature by a shared secret, and a yes or no. */
const key = new TextEncoder().encode(process.env.JWT_SECRET)

export async function handler(event) {
  try {
    const token = event.headers['x-jwt'].replace(/^bearer /i, '')
    const { payload } = await jwtVerify(token, key, { issuer: 'bench', audience: 'bench', algorithms: ['HS256'] })
    return { isAuthorized: true, context: { subject: payload.sub } }
  } catch {
    return { isAuthorized: false }
  }
}
