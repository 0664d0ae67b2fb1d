import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { signatures, signingKey } from '../../src/sinks/standard-webhooks.ts'

describe('a signature', () => {
  test('is the one that the reference implementation gives', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const signed = await signatures([secret], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}')
    expect(signed).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  test('is the HMAC-SHA256 of id, timestamp and body, whatever they are', async () => {
    const given = fc.record({
      key: fc.uint8Array({ minLength: 24, maxLength: 64 }),
      id: fc.uuid(),
      timestamp: fc.nat(4_000_000_000),
      body: fc.string({ unit: 'grapheme' }),
    })
    await fc.assert(
      fc.asyncProperty(given, async ({ key, id, timestamp, body }) => {
        const secret = `whsec_${Buffer.from(key).toString('base64')}`
        const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
        expect(await signatures([secret], id, timestamp, body)).toBe(`v1,${expected}`)
      }),
    )
  })

  test('is made by each secret, in their order', async () => {
    const [first, second] = ['a first secret of some length', 'a second one']
    const expected = [first, second].map((key) => createHmac('sha256', key).update('a.1.b').digest('base64'))
    expect(await signatures([first, second], 'a', 1, 'b')).toBe(`v1,${expected[0]} v1,${expected[1]}`)
  })

  test('is missing for what is no secret', async () => {
    const expected = createHmac('sha256', 'text').update('a.1.b').digest('base64')
    expect(await signatures(['whsec_!', 'text', ''], 'a', 1, 'b')).toBe(`v1,${expected}`)
    expect(await signatures(['whsec_!'], 'a', 1, 'b')).toBe('')
    expect(await signatures([], 'a', 1, 'b')).toBe('')
  })
})

describe('a signing key', () => {
  test.each<[name: string, secret: string, bytes: number | undefined]>([
    ['24 bytes in base64', `whsec_${btoa('x'.repeat(24))}`, 24],
    ['64 bytes in base64', `whsec_${btoa('x'.repeat(64))}`, 64],
    ['text', 'some text', 9],
    ['text beyond ASCII, in UTF-8', 'grüße', 7],
    ['23 bytes in base64', `whsec_${btoa('x'.repeat(23))}`, undefined],
    ['65 bytes in base64', `whsec_${btoa('x'.repeat(65))}`, undefined],
    ['no base64', 'whsec_not-base64-not-base64-not-base64', undefined],
    ['a prefix alone', 'whsec_', undefined],
    ['nothing', '', undefined],
    ['the secret half of another scheme', `whsk_${btoa('x'.repeat(32))}`, undefined],
    ['the public half of another scheme', `whpk_${btoa('x'.repeat(32))}`, undefined],
  ])('of %s', (_, secret, bytes) => {
    expect(signingKey(secret)?.length).toBe(bytes)
  })
})
