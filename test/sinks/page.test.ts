import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { KeyEvent } from '../../src/model/event.ts'
import { cloudEvent } from '../../src/sinks/cloud-event.ts'
import { signatures } from '../../src/sinks/standard-webhooks.ts'

/** The delivery that docs/webhooks.md shows. */
const PAGE = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8')
const [head = '', body = ''] = (/```http\n([\s\S]*?)\n```/.exec(PAGE)?.[1] ?? '').split('\n\n')
const secrets = Array.from(PAGE.matchAll(/`(whsec_[A-Za-z0-9+/=]{20,})`/g), ([, secret]) => secret as string)

function field(name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1] ?? ''
}

test('the delivery of docs/webhooks.md is signed by both secrets that it names', async () => {
  const [id, timestamp] = [field('webhook-id'), field('webhook-timestamp')]
  const expected = secrets.map((secret) => {
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  expect(expected).toHaveLength(2)
  expect(field('webhook-signature')).toBe(expected.join(' '))
  expect(await signatures(secrets, id, Number(timestamp), body)).toBe(expected.join(' '))
})

test('and holds what would be sent of its event', () => {
  const shown = JSON.parse(body) as { readonly data: KeyEvent; readonly id: string }
  expect(shown).toEqual({ ...cloudEvent(shown.data, 'orders', 0), id: field('webhook-id') })
  expect(body).toBe(JSON.stringify(shown))
})
