import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { entryAfter, fixture, imported } from './given.ts'

const VECTOR = fixture<{ primaryRoundTrip: string; secondaryRoundTrip: string; expiredPrimaryRoundTrip: string }>(
  'apim-vector.json',
)
const TOKEN = VECTOR.primaryRoundTrip.replace('GatewayKey ', '')
const SIGNATURE = TOKEN.slice(-88)
/** 2030-01-02T03:04:00Z */
const END = 1_893_553_440
const hash = (token: string) => createHash('sha256').update(token).digest('hex')

describe('a token', () => {
  test.each([
    ['with its scheme', VECTOR.primaryRoundTrip],
    ['as the management API gives it', TOKEN],
    ['in an answer of generateToken', { value: TOKEN }],
    ['in a list', [TOKEN]],
  ])('is hashed as a whole, without the scheme: %s', async (_, input) => {
    const { keys } = await imported('apim', typeof input === 'string' ? `${input}\n` : input)
    expect(keys).toEqual([
      { name: 'gw1', type: 'read-only', owner: 'gw1', expiresAt: END, scheme: 'sha256', hash: hash(TOKEN) },
    ])
  })

  test.each([
    ['30 February', `gw1&203002300000&${SIGNATURE}`, 'its second field is no date and time of the calendar'],
    ['25 o\u2019clock', `gw1&203001012500&${SIGNATURE}`, 'its second field is no date and time of the calendar'],
    ['a date in another form', `gw1&2030-01-02&${SIGNATURE}`, 'its second field is no date and time of the calendar'],
    ['an id of 81 characters', `${'g'.repeat(81)}&203001020304&${SIGNATURE}`, /no id that a gateway can have/],
    ['the managed gateway', `managed&203001020304&${SIGNATURE}`, /no id that a gateway can have/],
    ['a signature of 63 bytes', `gw1&203001020304&${'A'.repeat(84)}`, 'its signature is no base64 of 64 bytes'],
    ['a signature spelt in another way', `gw1&203001020304&${'A'.repeat(85)}B==`, /no base64 of 64 bytes/],
    ['a missing field', 'gw1&203001020304', 'it is no token of the form gateway&yyyyMMddHHmm&signature'],
    ['an end that is over', VECTOR.expiredPrimaryRoundTrip, 'it expired at 2020-01-01T00:00:00.000Z'],
  ])('is left for %s', async (_, token, why) => {
    const { keys, left } = await imported('apim', [{ token }])
    expect(keys).toEqual([])
    expect(left).toEqual([{ where: expect.stringMatching(/^row 1/), why: expect.stringMatching(why) }])
    expect(JSON.stringify(left)).not.toContain(token)
  })
})

test('the tokens of both keys of a gateway are two keys of one owner', async () => {
  const { keys } = await imported('apim', `${VECTOR.primaryRoundTrip}\n${VECTOR.secondaryRoundTrip}\n`)
  expect(keys.map(({ name, owner }) => ({ name, owner }))).toEqual([
    { name: 'gw1', owner: 'gw1' },
    { name: 'gw1 (2)', owner: 'gw1' },
  ])
})

test('the entry fits the token', async () => {
  const { shape = '' } = await entryAfter('apim', [TOKEN])
  expect(TOKEN).toMatch(new RegExp(shape, 'u'))
})
