import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { accessOf } from '../../adapters/node/access.ts'
import type { Field } from '../given/access.ts'

function incomingOf(headers: readonly Field[], facts: { address?: string; encrypted?: boolean; url?: string } = {}) {
  const socket = new Socket()
  if (facts.address !== undefined) Object.defineProperty(socket, 'remoteAddress', { value: facts.address })
  if (facts.encrypted) Object.defineProperty(socket, 'encrypted', { value: true })
  return Object.assign(new IncomingMessage(socket), {
    method: 'GET',
    url: facts.url ?? '/a',
    rawHeaders: headers.flat(),
  })
}

describe('accessOf', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', false],
    ['::ffff:203.0.113.7', '203.0.113.7', false],
    ['2001:db8::1', '2001:db8::1', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['::ffff:127.0.0.1', '127.0.0.1', true],
    ['::1', '::1', true],
    [undefined, undefined, false],
  ])('knows the peer %j as %j, loopback %j', (address, clientAddress, loopback) => {
    const incoming = incomingOf([], address === undefined ? {} : { address })
    expect(accessOf(incoming, 1)).toMatchObject({ clientAddress, loopback })
  })

  it.each([
    [[['Host', 'a.example']], 'a.example'],
    [[], ''],
    [
      [
        ['Host', 'a.example'],
        ['host', 'b.example'],
      ],
      '',
    ],
  ] as const)('has one host or none: %j', (headers, host) => {
    expect(accessOf(incomingOf(headers), 1).host).toBe(host)
  })

  it('keeps repeated fields apart, in order', () => {
    const access = accessOf(
      incomingOf([
        ['X-A', '1'],
        ['x-a', '2'],
        ['X-B', 'b'],
      ]),
      1,
    )
    expect(access.header('x-a')).toEqual(['1', '2'])
    expect(access.header('x-c')).toEqual([])
    expect([...access.headerNames()]).toEqual(['X-A', 'x-a', 'X-B'])
  })

  it('takes target, scheme and time as they are, and makes an id of its own', () => {
    const access = accessOf(incomingOf([['X-Latchkey-Request-Id', 'mine']], { encrypted: true, url: '/../a?b' }), 7)
    expect(access).toMatchObject({ target: '/../a?b', scheme: 'https', at: 7 })
    expect(access.requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(accessOf(incomingOf([]), 7)).toMatchObject({ scheme: 'http' })
  })
})
