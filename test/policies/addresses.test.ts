import { describe, expect, it } from 'vitest'
import { parseRange } from '../../src/lib/ip.ts'
import { addresses } from '../../src/policies/addresses.ts'
import { attemptOf } from './attempt.ts'

const REFUSED = { reason: 'address-refused' }

describe('addresses', () => {
  it.each<[string, readonly string[] | undefined, string | undefined, object | undefined]>([
    ['any where the principal names none', undefined, '203.0.113.7', undefined],
    ['one that is not known, where the principal names none', undefined, undefined, undefined],
    ['one that is listed', ['10.0.0.1', '203.0.113.7'], '203.0.113.7', undefined],
    ['one of a listed block', ['203.0.113.0/24'], '203.0.113.7', undefined],
    ['one of IPv6', ['2001:db8::/32'], '2001:db8::1', undefined],
    ['IPv4 that is mapped into IPv6', ['203.0.113.0/24'], '::ffff:203.0.113.7', undefined],
    ['one that is not listed', ['203.0.113.0/29'], '203.0.113.8', REFUSED],
    ['one of the other family', ['203.0.113.0/24'], '2001:db8::1', REFUSED],
    ['one that is not known', ['0.0.0.0/0', '::/0'], undefined, REFUSED],
    ['one that is none', ['0.0.0.0/0', '::/0'], 'unix:', REFUSED],
    ['any where the list is empty', [], '203.0.113.7', REFUSED],
  ])('judges %s', (_, texts, clientAddress, expected) => {
    const listed = texts?.map((text) => parseRange(text) ?? expect.unreachable())
    const { attempt } = attemptOf({ principal: { constraints: { addresses: listed } }, access: { clientAddress } })
    expect(addresses()(attempt)).toEqual(expected)
  })

  it('lets a principal pass that is bound to nothing', () => {
    expect(addresses()(attemptOf({ access: { clientAddress: undefined } }).attempt)).toBeUndefined()
  })
})
