import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fieldOf } from '../hosts/compare.ts'
import { generatedApp } from './generated-app.ts'
import type { NextServer } from './next-server.ts'
import { BUILD_TIMEOUT, buildNext, startNext } from './next-server.ts'
import type { Fields } from './wire.ts'
import { refusalOf, sendTo, statusOf } from './wire.ts'

const EXAMPLE = 'examples/next'
const TOKEN = 'Zc0yA7u1tZkFqk3C8xqg2oJ5mW9hR4vNbT6sLdEwPiU'
const AUTHORIZED: Fields = [['Authorization', `Bearer ${TOKEN}`]]

/** Clerk finds its own server by the first key, which names one that is not there: nobody is signed in. */
const CLERK = {
  NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: `pk_test_${Buffer.from('latchkey.clerk.accounts.dev$').toString('base64')}`,
  CLERK_SECRET_KEY: 'sk_test_0000000000000000000000000000000000000000',
  NEXT_PUBLIC_CLERK_TELEMETRY_DISABLED: '1',
}
const ENVIRONMENT = { ...CLERK, API_TOKEN: TOKEN, IDENTITY_KEY: 'Xw3Rk8Vn5Qz1Tb7Lm4Hc9Pd2Gs6Jf0Ya_eUoIiTwKvM' }

/** Shows what arrives at a handler. */
const SEEN = 'export const GET = (request: Request) => Response.json(Object.fromEntries(request.headers))\n'

let server: NextServer

beforeAll(async () => {
  const app = generatedApp('composed', {
    'latchkey.json': `${EXAMPLE}/latchkey.json`,
    'latchkey.ts': `${EXAMPLE}/latchkey.ts`,
    'proxy.ts': `${EXAMPLE}/intl/proxy.ts`,
    'app/api': `${EXAMPLE}/app/api`,
    'app/[locale]': `${EXAMPLE}/intl/app/[locale]`,
    'app/page.tsx': undefined,
  })
  mkdirSync(join(app, 'app/api/seen'))
  writeFileSync(join(app, 'app/api/seen/route.ts'), SEEN)
  await buildNext(app, ENVIRONMENT)
  server = await startNext(app, ENVIRONMENT)
}, BUILD_TIMEOUT)

afterAll(() => server?.stop())

describe("Clerk's middleware and next-intl's behind the gate", () => {
  it('are not asked about what the gate refuses', async () => {
    const reply = await sendTo(server, '/api/orders')
    expect(refusalOf(reply)).toEqual([401, 'credential-missing'])
    expect(reply.headers.filter(([name]) => name.startsWith('x-clerk-'))).toEqual([])
  })

  it('add what they have to say, and the gate says who called', async () => {
    const headers: Fields = [...AUTHORIZED, ['X-Latchkey-Subject', 'admin'], ['x-clerk-auth-status', 'signed-in']]
    const reply = await sendTo(server, '/api/orders', { headers })
    expect(JSON.parse(reply.body).caller).toMatchObject({ subject: 'partner' })
    const seen = await sendTo(server, '/api/seen', { headers })
    expect(JSON.parse(seen.body)).toMatchObject({
      'x-clerk-auth-status': 'signed-out',
      'x-latchkey-subject': 'partner',
    })
    expect(seen.body).not.toContain(TOKEN)
  })

  it('redirect to a locale', async () => {
    const reply = await sendTo(server, '/', { headers: [['Accept-Language', 'fr']] })
    expect([statusOf(reply), fieldOf(reply.headers, 'location')]).toEqual([307, expect.stringMatching(/\/fr$/)])
  })

  it('let pages pass', async () => {
    const reply = await sendTo(server, '/fr')
    expect([statusOf(reply), reply.body.includes('Bonjour')]).toEqual([200, true])
  })

  it('keep a credential of the query out of where a request goes', async () => {
    const reply = await sendTo(server, `/api/orders?api_token=${TOKEN}`)
    expect(refusalOf(reply)).toEqual([401, 'credential-missing'])
    expect(server.lines.join('\n')).not.toContain(TOKEN)
  })
})
