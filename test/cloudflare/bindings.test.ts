import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stamp } from '../../src/checked.ts'
import type { Document } from '../../src/document.ts'
import type { Binding, Runtime, Service } from '../hosts/worker-runtime.ts'
import { PROTOCOL_HEADER, runtime } from '../hosts/worker-runtime.ts'
import type { RecordingOrigin } from '../hosts/worker-wire.ts'
import { recordingOrigin } from '../hosts/worker-wire.ts'
import type { Answered } from './given.ts'
import { DOCUMENT, gate, send } from './given.ts'

/** Answers what it was asked, so that a test sees what a service behind the gate sees. */
const MIRROR = `export default {
  fetch({ url, method, headers, cf }) {
    return Response.json({ url, method, headers: Object.fromEntries(headers), cf })
  },
}`

const ELSEWHERE: Document = { ...DOCUMENT, routes: [{ path: '/elsewhere', public: true }] }
const { transport: _, ...BY_DEFAULT } = DOCUMENT

let origin: RecordingOrigin
let workerd: Runtime

beforeAll(async () => {
  origin = await recordingOrigin()
  const ORIGIN: Binding = { text: origin.url }
  const service: Binding = { service: 'mirror' }
  workerd = await runtime([
    { name: 'mirror', bundle: [{ name: 'mirror.js', text: MIRROR }], listens: false },
    await gate('service', { ORIGIN: service }),
    await gate(
      'service with a URL',
      { ORIGIN: service },
      withOrigin({ binding: 'ORIGIN', url: 'https://app.internal' }),
    ),
    await gate('URL', {}, withOrigin({ url: `${origin.url}/` })),
    await gate('URL in a variable', { ORIGIN: { text: `${origin.url}/` } }),
    await gate('zone', { PROXY: { text: 'p'.repeat(32) } }, zone()),
    await gate('no binding', {}, withOrigin({ binding: 'ORIGIN', url: origin.url })),
    await gate('no URL', { ORIGIN: { text: `${origin.url}/path` } }),
    await gate('a text', { ORIGIN, LATCHKEY_CONFIG: { text: JSON.stringify(ELSEWHERE) } }),
    await gate('an empty text', { ORIGIN, LATCHKEY_CONFIG: { text: '' } }),
    await gate('a faulty text', { ORIGIN, LATCHKEY_CONFIG: { text: '{' } }),
    await gate('a faulty document', { ORIGIN }, { ...DOCUMENT, routes: [{ path: 'x' }] }),
    await withoutValidator(await gate('stamped', { ORIGIN }, stamp(DOCUMENT))),
    await withoutValidator(await gate('edited', { ORIGIN }, { ...stamp(DOCUMENT), document: ELSEWHERE })),
    await gate('by default', { ORIGIN }, BY_DEFAULT),
  ])
})

afterAll(async () => {
  await workerd.stop()
  await origin.stop()
})

function withOrigin(of: Document['origin']): Document {
  return { ...DOCUMENT, origin: of as NonNullable<typeof of> }
}

function zone(): Document {
  return { ...withOrigin({ zone: true }), proxies: { secret: { secret: 'PROXY' } } }
}

/** The same Worker without the module that only a document without a stamp needs. */
async function withoutValidator(service: Service): Promise<Service> {
  const bundle = service.bundle.filter(({ name }) => !name.startsWith('validate-'))
  expect(bundle.length).toBe(service.bundle.length - 1)
  return { ...service, bundle }
}

function ask(service: string, path = '/x', headers: Record<string, string> = {}): Promise<Answered> {
  return send(workerd.portOf(service), path, { headers })
}

const json = ({ body }: Answered) => JSON.parse(String(body)) as Record<string, unknown>

describe('the origin', () => {
  it.each([
    ['service', 'http://api.example/x?y'],
    ['service with a URL', 'https://app.internal/x?y'],
  ])('is a %s, which is asked for %s', async (service, url) => {
    const seen = json(await ask(service, '/x?y'))
    expect(seen).toMatchObject({ url, method: 'GET', headers: { 'x-latchkey-name': 'static-token' } })
    expect(seen['headers']).not.toHaveProperty('authorization')
  })

  it('that is a service has what the edge knows of the client', async () => {
    expect(json(await ask('service'))['cf']).toMatchObject({ clientIp: expect.stringContaining('127.0.0.1') })
  })

  it.each(['URL', 'URL in a variable'])('is a %s, with a Host of its own', async (service) => {
    expect((await ask(service, '/x?y')).status).toBe(200)
    const [arrived] = origin.taken()
    expect(arrived?.start).toBe('GET /x?y HTTP/1.1')
    expect(arrived?.headers).toContainEqual(['Host', origin.url.slice('http://'.length)])
    expect(arrived?.headers).toContainEqual(['X-Forwarded-Host', 'api.example'])
  })

  it('is the zone itself, by the URL that came in, whatever a proxy says of the host', async () => {
    const host = origin.url.slice('http://'.length)
    const told = { 'X-Latchkey-Proxy-Secret': 'p'.repeat(32), 'X-Forwarded-Host': 'other.example' }
    expect((await ask('zone', '/x', { Host: host, ...told })).status).toBe(200)
    expect(origin.taken()[0]?.headers).toEqual(
      expect.arrayContaining([
        ['Host', host],
        ['X-Forwarded-Host', 'other.example'],
      ]),
    )
  })

  it.each(['no binding', 'no URL'])('that has %s is not replaced: 503, and the log says so', async (service) => {
    expect(json(await ask(service))).toMatchObject({ status: 503, reason: 'not-configured' })
    expect(origin.taken()).toEqual([])
    expect(await workerd.line((line) => line.includes('no origin: binding ORIGIN'))).toBeDefined()
  })
})

describe('the document', () => {
  it('of LATCHKEY_CONFIG goes before the one that was bundled', async () => {
    expect((await ask('a text', '/elsewhere')).status).toBe(200)
    expect(json(await ask('a text', '/x'))).toMatchObject({ reason: 'route-unknown' })
  })

  it('of an empty LATCHKEY_CONFIG is the one that was bundled', async () => {
    expect((await ask('an empty text')).status).toBe(200)
  })

  it.each(['a faulty text', 'a faulty document'])('that is %s is 503 for all but live', async (service) => {
    expect((await ask(service, '/_latchkey/live')).status).toBe(200)
    for (const path of ['/x', '/public/x', '/_latchkey/health', '/_latchkey/whoami']) {
      expect(json(await ask(service, path))).toMatchObject({ status: 503, reason: 'not-configured' })
    }
    expect(await workerd.line((line) => line.includes('configuration fault at /'))).toBeDefined()
  })

  it('that is stamped needs no validator', async () => {
    expect((await ask('stamped')).status).toBe(200)
  })

  it('that was edited behind its stamp is nothing without one', async () => {
    for (let time = 0; time < 2; time++) expect((await ask('edited', '/elsewhere')).status).toBe(503)
    expect(await workerd.line((line) => line.includes('a request failed closed'))).toBeDefined()
  })
})

describe('a token by default', () => {
  it.each([
    ['over http', 'http', 'api.example', 403],
    ['over https', 'https', 'api.example', 200],
    ['over http to a name of the machine itself', 'http', 'localhost', 200],
  ])('%s', async (_, protocol, host, status) => {
    expect((await ask('by default', '/x', { Host: host, [PROTOCOL_HEADER]: protocol })).status).toBe(status)
  })
})
