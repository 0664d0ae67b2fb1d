import { expect, test } from 'vitest'
import { apiKey } from '../../src/api-key.ts'
import { build } from '../../src/build.ts'
import type { Document } from '../../src/document.ts'
import { equipmentOf } from '../../src/equipment.ts'
import type { Gate } from '../../src/http/gate.ts'
import { gate } from '../../src/http/gate.ts'
import { management } from '../../src/http/management.ts'
import { registry } from '../../src/keys/registry.ts'
import { random } from '../../src/lib/random.ts'
import type { Reply } from '../../src/respond.ts'
import { memory } from '../../src/stores/memory.ts'
import { accessOf, bearer, NOW } from '../given/access.ts'
import { DOCUMENT, hostOf, TOKENS } from '../given/authority.ts'

const PEPPER = { version: '1', secret: TOKENS.FULL }
const KEYED: Document = {
  ...DOCUMENT,
  store: { binding: 'KEYS' },
  credentials: [{ kind: 'api-key', peppers: [{ version: 1, secret: 'FULL' }], cacheSeconds: 3600 }],
}

/** A gate that remembers records for an hour, and another process that changes them. */
function given() {
  const store = memory({ now: () => NOW })
  const host = hostOf()
  const equipment = equipmentOf([apiKey], [() => ({ openStore: () => store })], undefined)
  const entered = gate(build(KEYED, host, { transport: 'any' }, equipment), management)
  const elsewhere = registry({ store, digests: host.digests, random, peppers: [PEPPER], prefix: 'lk' })
  return { entered, elsewhere }
}

async function ask(entered: Gate, token: string, method: string, path: string, body = ''): Promise<Reply> {
  const headers = [bearer(token), ['Content-Type', 'application/json']] as const
  const access = accessOf({ method, target: `/_latchkey/${path}`, headers })
  const { reply, asked } = await entered.enter(access, () => undefined)
  if (reply) return reply
  if (!asked) throw new Error('the request passed')
  return asked(new TextEncoder().encode(body))
}

const ADMINISTRATOR = { name: 'admin', type: 'full-access', surface: 'keys' } as const

async function administrator() {
  const { entered, elsewhere } = given()
  const made = await elsewhere.create(ADMINISTRATOR, 'operator', NOW)
  if ('problem' in made) throw new Error(made.problem)
  const { record, token } = made
  expect(await ask(entered, token, 'GET', 'keys')).toMatchObject({ status: 200 })
  return { entered, elsewhere, id: record.id, token }
}

test('an administrator who was revoked elsewhere makes no key, however long this process would remember him', async () => {
  const { entered, elsewhere, id, token } = await administrator()
  await elsewhere.revoke(id, 'operator', NOW)
  const reply = await ask(entered, token, 'POST', 'keys', '{"name":"mine"}')
  expect(reply).toMatchObject({ status: 401 })
  expect(JSON.parse(reply.body)).toMatchObject({ reason: 'token-revoked' })
  expect((await elsewhere.list({ limit: 10 }, 'operator')).items).toHaveLength(1)
})

test('nor does one whose secret was replaced, or who lists no more than he may', async () => {
  const { entered, elsewhere, id, token } = await administrator()
  await elsewhere.rotate(id, { overlapSeconds: 0 }, 'operator', NOW)
  expect(await ask(entered, token, 'POST', 'keys', '{"name":"mine"}')).toMatchObject({ status: 401 })
  expect(await ask(entered, token, 'GET', 'keys')).toMatchObject({ status: 401 })
})

test('an administrator who was cut down elsewhere does what he may now', async () => {
  const { entered, elsewhere, id, token } = await administrator()
  const permissions = ['latchkey.keys.read']
  await elsewhere.update(id, { type: 'custom', permissions }, 'operator', NOW)
  expect(await ask(entered, token, 'POST', 'keys', '{"name":"mine"}')).toMatchObject({ status: 403 })
  expect(await ask(entered, token, 'GET', 'keys')).toMatchObject({ status: 200 })
})
