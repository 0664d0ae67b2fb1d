import { describe, expect, test } from 'vitest'
import type { Publication } from '../../src/key-sets/published.ts'
import { published } from '../../src/key-sets/published.ts'
import type { Fetched } from '../../src/model/ports.ts'
import { NOW } from '../given/access.ts'
import { keySet } from '../given/jwt.ts'

type Pages = Record<string, string | Partial<Fetched>>

/** An issuer's pages, and which of them were asked for. */
function pagesOf(pages: Pages) {
  const asked: string[] = []
  return {
    asked,
    pages,
    async fetchDocument(url: string): Promise<Fetched> {
      asked.push(url)
      const page = pages[url] ?? { status: 404 }
      return { status: 200, body: '', maxAgeSeconds: undefined, ...(typeof page === 'string' ? { body: page } : page) }
    },
  }
}

async function idsOf(publication: Publication, pages: Pages): Promise<(string | undefined)[]> {
  const { keys } = await published(publication, ['ES256'], pagesOf(pages).fetchDocument)(new Set(), NOW)
  return Array.from(keys, ({ id }) => id)
}

const JWKS = 'https://keys.example/jwks.json'
const metadata = (issuer: string, more: object = {}) => JSON.stringify({ issuer, jwks_uri: JWKS, ...more })

describe('keys at a URL', () => {
  test('are those of the set there', async () => {
    expect(await idsOf({ url: JWKS }, { [JWKS]: keySet('ec1', 'ec2') })).toEqual(['ec1', 'ec2'])
  })

  test.each<[name: string, page: string | Partial<Fetched>, why: string]>([
    ['missing', { status: 404 }, 'the answer is 404'],
    ['moved', { status: 302, body: keySet('ec1') }, 'the answer is 302'],
    ['not changed', { status: 304 }, 'the answer is 304'],
    ['broken', '{"keys": [', 'it is no JSON Web Key Set'],
    ['a page', '<!doctype html>', 'it is no JSON Web Key Set'],
    ['without a usable key', keySet({ kty: 'oct' }), 'it has no usable key'],
  ])('cannot be had where the set is %s', async (_, page, why) => {
    await expect(idsOf({ url: JWKS }, { [JWKS]: page })).rejects.toThrow(why)
  })

  test('are none where their issuer has withdrawn them all', async () => {
    expect(await idsOf({ url: JWKS }, { [JWKS]: keySet() })).toEqual([])
  })

  test('may be kept for as long as their issuer says', async () => {
    const { fetchDocument } = pagesOf({ [JWKS]: { body: keySet('ec1'), maxAgeSeconds: 7 } })
    expect(await published({ url: JWKS }, ['ES256'], fetchDocument)(new Set(), NOW)).toMatchObject({ maxAgeSeconds: 7 })
  })

  test('stay the same objects from one set to the next', async () => {
    const { fetchDocument, pages } = pagesOf({ [JWKS]: keySet('ec1') })
    const fetch = published({ url: JWKS }, ['ES256'], fetchDocument)
    const { keys: before } = await fetch(new Set(), NOW)
    pages[JWKS] = keySet('ec2', 'ec1')
    const { keys } = await fetch(before, NOW)
    expect(Array.from(keys, (key) => before.has(key))).toEqual([false, true])
  })
})

describe('keys that an issuer names', () => {
  test.each<[issuer: string, page: string]>([
    ['https://id.example', 'https://id.example/.well-known/openid-configuration'],
    ['https://id.example/', 'https://id.example/.well-known/openid-configuration'],
    ['https://id.example/realms/one', 'https://id.example/realms/one/.well-known/openid-configuration'],
    ['https://id.example/realms/one/', 'https://id.example/realms/one/.well-known/openid-configuration'],
    ['https://id.example', 'https://id.example/.well-known/oauth-authorization-server'],
    ['https://id.example/realms/one', 'https://id.example/.well-known/oauth-authorization-server/realms/one'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/.well-known/openid-configuration'],
  ])('%s names them at %s', async (issuer, page) => {
    expect(await idsOf({ issuer }, { [page]: metadata(issuer), [JWKS]: keySet('ec1') })).toEqual(['ec1'])
  })

  const ISSUER = 'https://id.example'
  const PAGE = `${ISSUER}/.well-known/openid-configuration`
  const ANOTHER = 'its metadata names another issuer'
  const NO_URL = 'its metadata names no URL of keys'

  test.each<[name: string, page: string | Partial<Fetched>, why: string | RegExp]>([
    ['missing', { status: 404 }, 'the answer is 404'],
    ['moved', { status: 301 }, 'the answer is 404'],
    ['no JSON', '<html>', /JSON/],
    ['null', 'null', ANOTHER],
    ['that of another issuer', metadata('https://evil.example'), ANOTHER],
    ['that of an issuer with a slash', metadata(`${ISSUER}/`), ANOTHER],
    ['without keys', metadata(ISSUER, { jwks_uri: undefined }), NO_URL],
    ['with a list of keys', metadata(ISSUER, { jwks_uri: [JWKS] }), NO_URL],
    ['with keys over http', metadata(ISSUER, { jwks_uri: 'http://keys.example/jwks.json' }), NO_URL],
    ['with keys on this machine', metadata(ISSUER, { jwks_uri: 'http://127.0.0.1/jwks.json' }), NO_URL],
    ['with keys in a file', metadata(ISSUER, { jwks_uri: 'file:///etc/passwd' }), NO_URL],
    ['with keys nowhere', metadata(ISSUER, { jwks_uri: 'jwks.json' }), NO_URL],
  ])('cannot be had where its metadata is %s', async (_, page, why) => {
    await expect(idsOf({ issuer: ISSUER }, { [PAGE]: page, [JWKS]: keySet('ec1') })).rejects.toThrow(why)
  })

  test('are found by metadata that is asked for once an hour, and anew after a failure', async () => {
    const { fetchDocument, asked, pages } = pagesOf({ [PAGE]: metadata(ISSUER), [JWKS]: keySet('ec1') })
    const fetch = published({ issuer: ISSUER }, ['ES256'], fetchDocument)
    const count = () => asked.filter((url) => url === PAGE).length
    await fetch(new Set(), NOW)
    await fetch(new Set(), NOW + 3599)
    expect(count()).toBe(1)
    await fetch(new Set(), NOW + 3600)
    expect(count()).toBe(2)
    delete pages[JWKS]
    await expect(fetch(new Set(), NOW + 3601)).rejects.toThrow('the answer is 404')
    pages[JWKS] = keySet('ec1')
    await fetch(new Set(), NOW + 3602)
    expect(count()).toBe(3)
  })
})
