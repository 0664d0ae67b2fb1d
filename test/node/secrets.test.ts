import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { file } from '../../src/secrets/file.ts'
import { NOW } from '../given/access.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { gateAt, originThat } from './parts.ts'
import { exchange, requestText } from './wire.ts'

const BOUNDED: Document = { ...DOCUMENT, secretsSeconds: 30, staleSeconds: 60 }

/** A gate that reads its token from a folder, with a clock that the test turns. */
async function gateWithFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-secrets-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'FULL'), `${TOKENS.FULL}\n`)
  const clock = { seconds: 0 }
  const origin = await originThat()
  const now = () => NOW + clock.seconds
  const gate = await gateAt(origin.url, BOUNDED, { secrets: file(folder, env({ FULL: TOKENS.ADMIN })), now })
  const statusOf = async (token: string) =>
    (await exchange(gate.url, requestText('GET /a', [['Authorization', `Bearer ${token}`]]))).status
  return { folder, clock, gate, statusOf }
}

describe('a secret in a mounted folder', () => {
  it('goes before the variable of its name', async () => {
    const { statusOf } = await gateWithFolder()
    expect([await statusOf(TOKENS.FULL), await statusOf(TOKENS.ADMIN)]).toEqual([200, 401])
  })

  it('rotates without a restart', async () => {
    const { folder, clock, statusOf } = await gateWithFolder()
    expect(await statusOf(TOKENS.FULL)).toBe(200)
    await writeFile(join(folder, 'FULL'), TOKENS.READ)
    expect(await statusOf(TOKENS.FULL)).toBe(200)
    clock.seconds = 30
    expect([await statusOf(TOKENS.FULL), await statusOf(TOKENS.READ)]).toEqual([401, 200])
  })

  it('that is gone gives way to the variable', async () => {
    const { folder, clock, statusOf } = await gateWithFolder()
    expect(await statusOf(TOKENS.FULL)).toBe(200)
    await rm(join(folder, 'FULL'))
    clock.seconds = 30
    expect([await statusOf(TOKENS.FULL), await statusOf(TOKENS.ADMIN)]).toEqual([401, 200])
  })

  it('that is emptied is not configured', async () => {
    const { folder, clock, statusOf } = await gateWithFolder()
    await writeFile(join(folder, 'FULL'), '')
    clock.seconds = 30
    expect(await statusOf(TOKENS.FULL)).toBe(503)
  })

  it('that cannot be read counts on for a while, and then is unavailable', async () => {
    const { folder, clock, gate, statusOf } = await gateWithFolder()
    expect(await statusOf(TOKENS.FULL)).toBe(200)
    await rm(folder, { recursive: true })
    await writeFile(folder, 'no folder')
    const health = async () => (await exchange(gate.url, requestText('GET /_latchkey/health'))).status
    clock.seconds = 60
    expect([await statusOf(TOKENS.FULL), await health()]).toEqual([200, 503])
    clock.seconds = 90
    expect([await statusOf(TOKENS.FULL), await health()]).toEqual([503, 503])
    expect(JSON.stringify(gate.events)).not.toContain(TOKENS.FULL)
  })
})

it('a weak secret is told at the start, before any request', async () => {
  const gate = await gateAt((await originThat()).url, DOCUMENT, { secrets: env({ FULL: 'changeme' }) })
  expect(gate.events).toEqual([
    { type: 'notice', level: 'warn', message: 'secret FULL is a placeholder; make one with: latchkey token' },
  ])
})
