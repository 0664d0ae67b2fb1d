import { describe, expect, it } from 'vitest'
import { toResponse } from '../../src/http/to-response.ts'

const reply = { status: 401, headers: { 'WWW-Authenticate': ['Bearer', 'Basic'], A: 'b' }, body: '{}' }

describe('toResponse', () => {
  it('writes status, headers and body', async () => {
    const response = toResponse(reply, 'GET')
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer, Basic')
    expect(await response.text()).toBe('{}')
  })

  it.each([
    ['HEAD', '{}'],
    ['GET', ''],
  ])('has no body for %s of %j', (method, body) => {
    expect(toResponse({ ...reply, body }, method).body).toBeNull()
  })

  it('writes a 204', () => {
    expect(toResponse({ status: 204, headers: {}, body: '' }, 'OPTIONS').status).toBe(204)
  })
})
