import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import { bearerAuth } from 'hono/bearer-auth'

/** Hono on Lambda with hono/bearer-auth: the usual way to have the check without writing it. */
const app = new Hono()
app.use('*', bearerAuth({ token: process.env['TOKEN_0'] ?? '' }))
app.get('/api/:collection', (c) => c.text('ok'))
export const handler = handle(app)
