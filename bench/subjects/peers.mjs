import { JwtVerifier } from 'aws-jwt-verify'
import { createVerifier } from 'fast-jwt'

/** Plain JavaScript, so that types are checked without what is only measured against. */
export function fastJwt({ pem, issuer, audience, cache }) {
  return createVerifier({ key: pem, algorithms: ['RS256'], allowedIss: issuer, allowedAud: audience, cache })
}

export function awsJwtVerify({ jwks, issuer, audience }) {
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri: `${issuer}/jwks.json` })
  verifier.cacheJwks(jwks)
  return (token) => verifier.verifySync(token)
}
