import { describe, expect, it } from 'vitest'
import { grpcReply, isGrpc } from '../src/grpc.ts'
import type { Field } from './given/access.ts'
import { accessOf } from './given/access.ts'

const type = (value: string): Field => ['Content-Type', value]
const TRAILERS: Field = ['TE', 'trailers']

describe('isGrpc', () => {
  it.each<[string, readonly Field[], boolean]>([
    ['POST', [type('application/grpc'), TRAILERS], true],
    ['POST', [type('application/grpc+proto'), TRAILERS], true],
    ['POST', [type('Application/GRPC'), ['te', 'Trailers']], true],
    ['POST', [type('application/grpc'), ['TE', 'deflate, trailers']], true],
    ['POST', [type('application/grpc-web+proto')], true],
    ['POST', [type('application/grpc')], false],
    ['POST', [type('application/grpc'), ['TE', 'gzip']], false],
    ['POST', [type('application/json'), TRAILERS], false],
    ['POST', [TRAILERS], false],
    ['GET', [type('application/grpc'), TRAILERS], false],
  ])('%s %j: %j', (method, headers, expected) => {
    expect(isGrpc(accessOf({ method, headers }))).toBe(expected)
  })
})

describe('grpcReply', () => {
  it.each([
    [400, '3'],
    [401, '16'],
    [403, '7'],
    [429, '8'],
    [502, '14'],
    [503, '14'],
    [504, '14'],
    [418, '2'],
  ])('tells %i as %s, without a body', (status, code) => {
    const access = accessOf({ method: 'POST', headers: [type('application/grpc+proto'), TRAILERS] })
    expect(grpcReply('token-unknown', status, access)).toEqual({
      status: 200,
      headers: {
        'Content-Type': 'application/grpc+proto',
        'Cache-Control': 'no-store',
        'grpc-status': code,
        'grpc-message': 'token-unknown',
        'X-Latchkey-Request-Id': access.requestId,
      },
      body: '',
    })
  })

  it.each(['application/grpc; charset=utf-8', 'application/grpc"x', 'application/grpc, text/html'])(
    'answers %j with the plain type',
    (value) => {
      const access = accessOf({ method: 'POST', headers: [type(value), TRAILERS] })
      expect(grpcReply('token-unknown', 401, access).headers['Content-Type']).toBe('application/grpc')
    },
  )
})
