import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import type { DecisionEvent, LatchkeyEvent } from '../../src/model/event.ts'
import { REASONS } from '../../src/model/reason.ts'
import { embeddedMetrics, isNamespace } from '../../src/sinks/embedded-metrics.ts'
import { REVOKED } from './given.ts'

const ALLOWED: DecisionEvent = {
  type: 'decision',
  time: '2026-06-01T00:00:00.250Z',
  requestId: '0d7a0a5e-8e0c-4e5b-9d2f-6f1f0a4b7c11',
  host: 'api.example',
  method: 'GET',
  route: '/orders/*',
  path: '/orders/7',
  decision: 'allow',
  reason: null,
  detail: null,
  kind: 'api-key',
  name: 'keys',
  keyId: '0Qf3Hf7MxvnYM6cnB',
  owner: 'acme',
  slot: 0,
  address: '203.0.113.7',
  userAgent: '{"_aws":{"CloudWatchMetrics":[]}}',
  durationMs: 0.21,
}
const REFUSED: DecisionEvent = { ...ALLOWED, decision: 'deny', reason: 'permission-missing' }

/** The specification's structure, as it says what must be where; the references between its parts are tested below. */
const name = { type: 'string', minLength: 1, maxLength: 255 }
const isEmbedded = new Ajv2020().compile({
  type: 'object',
  required: ['_aws'],
  properties: {
    _aws: {
      type: 'object',
      required: ['Timestamp', 'CloudWatchMetrics'],
      additionalProperties: false,
      properties: {
        Timestamp: { type: 'integer' },
        CloudWatchMetrics: {
          type: 'array',
          items: {
            type: 'object',
            required: ['Namespace', 'Dimensions', 'Metrics'],
            additionalProperties: false,
            properties: {
              Namespace: name,
              Dimensions: { type: 'array', minItems: 1, items: { type: 'array', maxItems: 30, items: name } },
              Metrics: {
                type: 'array',
                maxItems: 100,
                items: {
                  type: 'object',
                  required: ['Name'],
                  additionalProperties: false,
                  properties: { Name: name, Unit: { enum: ['Count', 'Milliseconds'] } },
                },
              },
            },
          },
        },
      },
    },
  },
})

interface Line extends DecisionEvent {
  readonly _aws: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string }[]
    }[]
  }
}

function written(...events: readonly LatchkeyEvent[]): string[] {
  const lines: string[] = []
  const sink = embeddedMetrics('Latchkey', (line) => lines.push(line))
  for (const event of events) sink.write(event)
  return lines
}

/** The metrics that CloudWatch makes of a line: namespace aside, each by its name and dimensions, with its value. */
function metricsOf(line: Line): Record<string, unknown> {
  const at = (member: string) => (line as unknown as Record<string, unknown>)[member]
  return Object.fromEntries(
    line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
      Dimensions.flatMap((keys) =>
        Metrics.map(({ Name }) => [[Name, ...keys.map((key) => `${key}=${at(key)}`)].join(' '), at(Name)]),
      ),
    ),
  )
}

describe('embeddedMetrics', () => {
  it.each([ALLOWED, REFUSED])('writes a decision ($decision) as the specification has it', (event) => {
    const [text = ''] = written(event)
    const line = JSON.parse(text) as Line
    expect({ valid: isEmbedded(line), errors: isEmbedded.errors }).toEqual({ valid: true, errors: null })
    expect(text).not.toContain('\n')
    expect(line._aws.Timestamp).toBe(Date.parse('2026-06-01T00:00:00.250Z'))
    for (const { Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
      for (const key of Dimensions.flat()) expect(Object.entries(line)).toContainEqual([key, expect.any(String)])
      for (const { Name } of Metrics) expect(Object.entries(line)).toContainEqual([Name, expect.any(Number)])
    }
  })

  it('counts what was allowed and refused, refusals also by their reason', () => {
    const [allowed, refused] = written(ALLOWED, REFUSED).map((text) => metricsOf(JSON.parse(text) as Line))
    expect(allowed).toEqual({ Allowed: 1, Refused: 0, Duration: 0.21 })
    expect(refused).toEqual({ Allowed: 0, Refused: 1, Duration: 0.21, 'Refused reason=permission-missing': 1 })
  })

  it('leaves every member of the event as it is', () => {
    for (const event of [ALLOWED, REFUSED]) {
      const { _aws, Allowed, Refused, Duration, ...rest } = JSON.parse(written(event)[0] as string)
      expect(rest).toEqual(event)
    }
  })

  it('makes no more metrics of a year of traffic than there are reasons, and three', () => {
    const reasons = Object.keys(REASONS) as (keyof typeof REASONS)[]
    const events = reasons.flatMap((reason, place) => [
      { ...ALLOWED, owner: `owner ${place}`, keyId: `key ${place}`, path: `/orders/${place}` },
      { ...REFUSED, owner: `owner ${place}`, keyId: `key ${place}`, path: `/orders/${place}`, reason },
    ])
    const names = written(...events).flatMap((text) => Object.keys(metricsOf(JSON.parse(text) as Line)))
    expect(new Set(names).size).toBe(reasons.length + 3)
  })

  it('writes all other events as they are', () => {
    const notice: LatchkeyEvent = { type: 'notice', level: 'warn', message: 'two\nlines' }
    expect(written(notice, REVOKED).map((text) => JSON.parse(text))).toEqual([notice, REVOKED])
  })
})

describe('isNamespace', () => {
  it.each([
    ['Latchkey', true],
    ['orders/prod', true],
    ['Latchkey prod.1:a#b_c-d', true],
    ['x'.repeat(255), true],
    ['', false],
    [' ', false],
    [':latchkey', false],
    ['AWS/Lambda', false],
    ['latch"key', false],
    ['latch\nkey', false],
    ['x'.repeat(256), false],
  ])('%j: %s', (text, expected) => {
    expect(isNamespace(text)).toBe(expected)
  })
})
