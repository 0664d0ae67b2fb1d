import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { TlsFiles } from '../../adapters/node/tls.ts'
import { watchTls } from '../../adapters/node/tls.ts'
import type { Document } from '../../src/document.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { gateAt, originThat, seenValues } from './parts.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-tls-'))
  for (const name of ['one', 'two']) makePair(name)
})
afterAll(() => rmSync(folder, { recursive: true }))

const pair = (name: string): TlsFiles => ({ cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) })

function makePair(name: string): void {
  const { cert, key } = pair(name)
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1']
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' })
}

/** The name in the certificate that a server shows. */
function nameAt(url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

describe('a gate with a certificate', () => {
  const STRICT: Document = { ...DOCUMENT, transport: 'https' }

  it('serves https, and tells the origin so', async () => {
    const origin = await originThat()
    const gate = await gateAt(origin.url, STRICT, { tls: pair('one') })
    expect(gate.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    expect(await nameAt(gate.url)).toBe('one')
    const status = await new Promise((resolve, reject) => {
      const headers = { Authorization: `Bearer ${TOKENS.FULL}` }
      get(`${gate.url}/a`, { headers, rejectUnauthorized: false }, (response) => {
        response.resume()
        resolve(response.statusCode)
      }).on('error', reject)
    })
    expect(status).toBe(200)
    expect(seenValues(origin.seen[0], 'x-forwarded-proto')).toEqual(['https'])
  })

  it('speaks no plain http', async () => {
    const gate = await gateAt((await originThat()).url, STRICT, { tls: pair('one') })
    await expect(fetch(gate.url.replace('https', 'http'))).rejects.toThrow()
  })

  it.each([
    ['that is not there', { cert: 'none.pem', key: 'none.key' }],
    ["whose key is another one's", { cert: 'one.pem', key: 'two.key' }],
  ])('%s does not start', async (_, { cert, key }) => {
    const tls = { cert: join(folder, cert), key: join(folder, key) }
    await expect(gateAt('http://127.0.0.1:9', STRICT, { tls })).rejects.toThrow()
  })
})

describe('files that change', () => {
  const POLL_MILLISECONDS = 20

  async function watching(): Promise<{ url: string; files: TlsFiles }> {
    const files = pair('live')
    change(files, 'one')
    const server = createServer()
    watchTls(server, files, POLL_MILLISECONDS)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, files }
  }

  function change(files: TlsFiles, name: string): void {
    copyFileSync(pair(name).key, files.key)
    copyFileSync(pair(name).cert, files.cert)
  }

  it('are read again', async () => {
    const { url, files } = await watching()
    expect(await nameAt(url)).toBe('one')
    change(files, 'two')
    await vi.waitFor(async () => expect(await nameAt(url)).toBe('two'), 10_000)
  })

  it('and are broken keep what was there, until they are whole again', async () => {
    const { url, files } = await watching()
    writeFileSync(files.cert, 'half')
    expect(await nameAt(url)).toBe('one')
    change(files, 'two')
    await vi.waitFor(async () => expect(await nameAt(url)).toBe('two'), 10_000)
  })
})
