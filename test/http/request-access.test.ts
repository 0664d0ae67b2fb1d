import { describe, expect, it } from 'vitest'
import { accessOfRequest } from '../../src/http/request-access.ts'

const facts = { requestId: 'id', at: 1, clientAddress: '203.0.113.7' }

/** A request whose URL is the text as it stands, as no constructor can make it. */
const requestOf = (url: string, init: RequestInit = {}) =>
  Object.defineProperty(new Request('http://placeholder.example', init), 'url', { value: url })

describe('accessOfRequest', () => {
  it.each([
    ['https://api.example/a/b?c=d', 'https', 'api.example', '/a/b?c=d'],
    ['http://api.example:8787/', 'http', 'api.example:8787', '/'],
    ['https://api.example', 'https', 'api.example', '/'],
    ['https://api.example?a=b', 'https', 'api.example', '/?a=b'],
    ['https://api.example/a#b', 'https', 'api.example', '/a'],
    ['https://api.example/a?b#c?d', 'https', 'api.example', '/a?b'],
    ['https://api.example//a//b', 'https', 'api.example', '//a//b'],
    ['https://api.example/%2e%2e/a', 'https', 'api.example', '/%2e%2e/a'],
    ['https://[::1]:8787/a', 'https', '[::1]:8787', '/a'],
    ['https://api.example/http://b', 'https', 'api.example', '/http://b'],
  ])('takes %j apart as it stands', (url, scheme, host, target) => {
    expect(accessOfRequest(requestOf(url), facts)).toMatchObject({ scheme, host, target, ...facts })
  })

  it.each([
    ['http://localhost:8787/', true],
    ['http://127.0.0.1/', true],
    ['http://[::1]/', true],
    ['http://api.example/', false],
  ])('knows by the host name whether %s is the machine itself: %j', (url, expected) => {
    expect(accessOfRequest(requestOf(url), facts).loopback).toBe(expected)
  })

  it('gives a field as one value, joined by commas where it was repeated', () => {
    const headers = new Headers([
      ['X-A', '1'],
      ['x-a', '2'],
      ['X-B', ''],
    ])
    const access = accessOfRequest(new Request('https://api.example/', { headers, method: 'PURGE' }), facts)
    expect(access.method).toBe('PURGE')
    expect(access.header('x-a')).toEqual(['1, 2'])
    expect(access.header('x-b')).toEqual([''])
    expect(access.header('x-c')).toEqual([])
    expect([...access.headerNames()]).toEqual(['x-a', 'x-b'])
  })
})
