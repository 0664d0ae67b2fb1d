import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import { jwk } from 'hono/jwk'

/** Hono on Lambda with hono/jwk, which has the issuer's keys at hand and fetches none. */
const { keys } = JSON.parse(process.env['JWKS'] ?? '')
const app = new Hono()
app.use('*', jwk({ keys, alg: ['ES256'], verification: { iss: 'bench', aud: 'bench' } }))
app.get('/api/:collection', (c) => c.text('ok'))
export const handler = handle(app)
