import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as formats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DecisionEvent, GatewayTokenEvent, LatchkeyEvent } from '../../src/model/event.ts'
import { cloudEvent } from '../../src/sinks/cloud-event.ts'
import { REVOKED } from './given.ts'

const AT = Date.parse('2026-06-01T00:00:10Z') / 1000

const DECISION: DecisionEvent = {
  type: 'decision',
  time: '2026-06-01T00:00:00.000Z',
  requestId: 'a',
  host: 'api.example',
  method: 'GET',
  route: null,
  path: '/',
  decision: 'deny',
  reason: 'token-unknown',
  detail: null,
  kind: null,
  name: null,
  keyId: null,
  owner: null,
  slot: null,
  address: null,
  userAgent: null,
  durationMs: 0,
}

/** What CloudEvents 1.0 and its JSON format demand of an event with JSON in it; no other member is sent. */
const ajv = new Ajv2020({ strict: true, strictRequired: false })
formats.default.default(ajv)
const isCloudEvent = ajv.compile({
  type: 'object',
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', minLength: 1 },
    source: { type: 'string', format: 'uri' },
    type: { type: 'string', pattern: '^(dev\\.latchkey\\.[a-z-]+|Microsoft\\.ApiManagement\\.[A-Za-z]+)$' },
    time: { type: 'string', format: 'date-time' },
    subject: { type: 'string', minLength: 1 },
    datacontenttype: { const: 'application/json' },
    data: { type: 'object' },
  },
  required: ['specversion', 'id', 'source', 'type', 'time', 'datacontenttype', 'data'],
  additionalProperties: false,
})

describe('the envelope', () => {
  test('says what happened to which key, where and when', () => {
    expect(cloudEvent(REVOKED, 'orders', AT)).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: 'urn:latchkey:orders',
      type: 'dev.latchkey.key-revoked',
      time: REVOKED.time,
      subject: REVOKED.keyId,
      datacontenttype: 'application/json',
      data: REVOKED,
    })
  })

  test.each<[LatchkeyEvent, subject: string | undefined, time: string]>([
    [REVOKED, REVOKED.keyId, REVOKED.time],
    [DECISION, undefined, DECISION.time],
    [{ ...DECISION, keyId: 'k' }, 'k', DECISION.time],
    [
      { type: 'static-slot-near-deadline', time: REVOKED.time, name: 'partner', slot: 1, until: REVOKED.time },
      'partner',
      REVOKED.time,
    ],
    [{ type: 'notice', level: 'warn', message: 'a' }, undefined, '2026-06-01T00:00:10.000Z'],
  ])('of %j is about %j at %s', (event, subject, time) => {
    const envelope = cloudEvent(event, 'api', AT)
    expect(envelope).toMatchObject({ time, type: `dev.latchkey.${event.type}` })
    expect(envelope.subject).toBe(subject)
    expect(isCloudEvent(JSON.parse(JSON.stringify(envelope)))).toBe(true)
  })

  test.each([
    ['gateway-token-near-expiry', 'GatewayTokenNearExpiry', { expiresAtUtc: '2026-06-30T12:00:00.0000000Z' }],
    ['gateway-token-expired', 'GatewayTokenExpired', { expiredAtUtc: '2026-06-30T12:00:00.0000000Z' }],
  ] as const)('of %s is the one that Azure API Management sends', (type, azureType, tokenInfo) => {
    const event: GatewayTokenEvent = {
      type,
      time: '2026-06-24T09:30:00.000Z',
      name: 'gateway-key',
      gatewayId: 'gw1',
      slot: 1,
      until: '2026-06-30T12:00:00.000Z',
    }
    const envelope = cloudEvent(event, 'orders', AT)
    expect(envelope).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: 'urn:latchkey:orders',
      type: `Microsoft.ApiManagement.${azureType}`,
      time: event.time,
      subject: '/gateways/gw1',
      datacontenttype: 'application/json',
      data: { gatewayInfo: { gatewayId: 'gw1' }, tokenInfo },
    })
    expect(isCloudEvent(JSON.parse(JSON.stringify(envelope)))).toBe(true)
  })

  test('of a token near its end is what docs/gateway-keys.md shows', () => {
    const page = readFileSync(new URL('../../docs/gateway-keys.md', import.meta.url), 'utf8')
    const shown = JSON.parse(/^```json cloudevent\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '') as {
      id: string
      time: string
    }
    const { id, time } = shown
    const until = '2030-01-02T03:04:00.000Z'
    const token = { name: 'gateway-key', gatewayId: 'gw1', slot: 0, time, until }
    expect({ ...cloudEvent({ type: 'gateway-token-near-expiry', ...token }, 'gateway', AT), id }).toEqual(shown)
  })

  test('has a source that is a URN for every realm', () => {
    const realm = fc.stringMatching(/^[ !#-[\]-~]{1,100}$/)
    fc.assert(
      fc.property(realm, (text) => {
        expect(isCloudEvent(cloudEvent(REVOKED, text, AT))).toBe(true)
      }),
    )
    expect(cloudEvent(REVOKED, 'a b/c?d#é', AT).source).toBe('urn:latchkey:a%20b%2Fc%3Fd%23%C3%A9')
  })

  test('has one id for one event, and another for one that says the same', () => {
    const first = cloudEvent(REVOKED, 'api', AT)
    expect(cloudEvent(REVOKED, 'other', AT + 1).id).toBe(first.id)
    expect(cloudEvent({ ...REVOKED }, 'api', AT).id).not.toBe(first.id)
  })
})
