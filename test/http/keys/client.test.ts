import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { shownKey } from '../../../src/http/keys/client.ts'

const basic = (id: string, secret: string) => {
  const text = `${formEncoded(id)}:${formEncoded(secret)}`
  return `Basic ${Buffer.from(text).toString('base64')}`
}

/** As RFC 6749 (appendix B) has it. */
function formEncoded(text: string): string {
  return new URLSearchParams({ a: text }).toString().slice(2)
}

const form = (parameters: Record<string, string> = {}) => new Map(Object.entries(parameters))

test('whatever id and secret are encoded by HTTP Basic are read', () => {
  const text = fc.string({ unit: 'grapheme' })
  const property = fc.property(text, text, (id, secret) => {
    if (secret === '') return
    expect(shownKey(basic(id, secret), form())).toEqual({ token: secret, clientId: id })
  })
  expect(fc.check(property).counterexample).toBeNull()
})

test.each<[string, string | undefined, Record<string, string>, unknown]>([
  ['the body', undefined, { client_secret: 's', client_id: 'c' }, { token: 's', clientId: 'c' }],
  ['the body, without an id', undefined, { client_secret: 's' }, { token: 's', clientId: undefined }],
  ['a bearer token', 'bearer s', {}, { token: 's', clientId: undefined }],
  ['Basic in any case, with the id twice', 'BASIC Yzpz', { client_id: 'c' }, { token: 's', clientId: 'c' }],
  ['nothing', undefined, {}, 'invalid_client'],
  ['an id alone', undefined, { client_id: 'c' }, 'invalid_client'],
  ['another scheme', 'Digest abc', {}, 'invalid_client'],
  ['no value', 'Basic', {}, 'invalid_client'],
  ['two fields as one list', 'Bearer s, Bearer t', {}, 'invalid_client'],
  ['two ways', 'Bearer s', { client_secret: 's' }, 'invalid_request'],
  ['two ids', 'Basic Yzpz', { client_id: 'd' }, 'invalid_request'],
  ['no base64', 'Basic ???', {}, 'invalid_request'],
  ['no UTF-8', `Basic ${Buffer.from([0x63, 0x3a, 0xff]).toString('base64')}`, {}, 'invalid_request'],
  ['no colon', `Basic ${Buffer.from('cs').toString('base64')}`, {}, 'invalid_request'],
  ['no secret', `Basic ${Buffer.from('c:').toString('base64')}`, {}, 'invalid_request'],
  ['a percent sign that escapes nothing', `Basic ${Buffer.from('c:%zz').toString('base64')}`, {}, 'invalid_request'],
])('%s', (_, authorization, parameters, expected) => {
  expect(shownKey(authorization, form(parameters))).toEqual(expected)
})
