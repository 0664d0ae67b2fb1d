import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Runtime } from '../hosts/worker-runtime.ts'
import { bundle, runtime } from '../hosts/worker-runtime.ts'
import type { TestReceiver } from './given.ts'
import { SECRET, signedBy, testReceiver } from './given.ts'

/** The same sink in workerd, where nothing lives on after a reply but what `waitUntil` holds. */

let receiver: TestReceiver
let workerd: Runtime

beforeAll(async () => {
  receiver = await testReceiver()
  workerd = await runtime([
    {
      name: 'writer',
      bundle: await bundle(new URL('worker-entry.ts', import.meta.url)),
      bindings: { RECEIVER: { text: receiver.url }, SECRET: { text: SECRET } },
    },
  ])
})

afterAll(async () => {
  await workerd.stop()
  await receiver.stop()
})

async function write(count: number, message = 'an event'): Promise<void> {
  const query = new URLSearchParams({ count: String(count), message })
  const response = await fetch(`http://127.0.0.1:${workerd.portOf('writer')}/?${query}`)
  expect(await response.text()).toBe('written')
}

test('an event is signed, and tried again after the reply', async () => {
  receiver.answer(503)
  await write(1)
  const [first, second] = [await receiver.next(), await receiver.next()]
  expect(second.body).toBe(first.body)
  expect(second.headers['webhook-signature']).toBe(signedBy(SECRET, second))
  expect(JSON.parse(second.body)).toMatchObject({ source: 'urn:latchkey:worker', data: { message: 'an event' } })
})

test('what one request writes waits for nothing of another', async () => {
  const before = receiver.count()
  const release = receiver.hold()
  await write(6)
  for (let count = 0; count < 4; count++) await receiver.next()
  await write(1, 'of another request')
  expect((await receiver.next()).body).toContain('of another request')
  expect(receiver.count()).toBe(before + 5)
  release()
  for (let count = 0; count < 2; count++) await receiver.next()
  expect(receiver.count()).toBe(before + 7)
})

test('a redirect is not followed, and the console is told by the host alone', async () => {
  const elsewhere = await testReceiver()
  receiver.answer((_, outgoing) => outgoing.writeHead(302, { Location: elsewhere.url }).end())
  await write(1)
  const notice = `webhook ${receiver.url}: 1 event was not delivered (status 302, and no redirect is followed)`
  const line = await workerd.line((text) => text.includes('not delivered'))
  expect(line).toContain(JSON.stringify({ type: 'notice', level: 'error', message: notice }))
  expect(elsewhere.count()).toBe(0)
  await elsewhere.stop()
})
