import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runHere } from '../run-here.ts'

/** Clears a screen, in both spellings; turns a line around; rings. */
const STEERS = '\u001b[2J\u009b2J\u202e\u0007'
const ID = '04gZ2hT8kQ1vXc5Rn'
const KEY = {
  id: ID,
  name: `a${STEERS}`,
  description: STEERS,
  type: STEERS,
  permissions: [STEERS],
  surface: STEERS,
  owner: `=cmd${STEERS}`,
  createdAt: STEERS,
  expiresAt: null,
  state: STEERS,
  addresses: [STEERS],
  limits: [],
  metadata: { [STEERS]: STEERS },
  revoked: { at: STEERS, reason: STEERS },
  rotation: { until: STEERS },
  lastUsedAt: STEERS,
  previousSecretUsedAt: STEERS,
  viewable: true,
  imported: STEERS,
}
const ROW = {
  key: STEERS,
  owner: `=cmd${STEERS}`,
  day: STEERS,
  allowed: 1,
  refused: { [STEERS]: 1 },
  routes: { [STEERS]: 1 },
  firstSeen: STEERS,
  lastSeen: STEERS,
}
const REFUSAL = { time: STEERS, reason: STEERS, method: STEERS, path: STEERS, address: STEERS }
const EVENTS = [
  { type: STEERS, time: STEERS, actor: STEERS, detail: STEERS },
  { type: 'key-refused', time: STEERS, refusals: [REFUSAL], more: 1 },
]

/** What stands at a URL may not be a gate of ours. */
async function hostile(token: unknown = `lk_${STEERS}\nrm`): Promise<string> {
  const server = createServer(({ method, url = '' }, response) => {
    const answer = (body: unknown) => response.end(JSON.stringify(body))
    response.setHeader('Content-Type', 'application/json')
    if (method === 'POST') return answer({ ...KEY, token })
    if (url.includes('/usage')) return answer({ from: STEERS, to: STEERS, rows: [ROW], unreadable: 0 })
    if (url.includes('/events')) return answer({ items: EVENTS, cursor: null })
    return answer(url.includes('/keys/') ? KEY : { items: [KEY], cursor: null })
  })
  onTestFinished(() => void server.close().closeAllConnections())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const asked = async (url: string, ...args: readonly string[]) =>
  runHere(['keys', ...args, '--url', url], { LATCHKEY_KEY: 'a-key', NO_COLOR: '1' })

describe('a deployment that is none', () => {
  it.each([
    ['list'],
    ['show', ID],
    ['log', ID],
    ['usage'],
    ['usage', '--csv'],
    ['suspend', ID],
    ['create', '--name', 'ci'],
    ['rotate', ID],
    ['reveal', ID],
  ])('steers no terminal: %s', async (...args) => {
    const { stdout, stderr } = await asked(await hostile(), ...args)
    expect(`${stdout}${stderr}`).not.toBe('')
    expect(`${stdout}${stderr}`.replaceAll(/[\r\n\t]/g, '')).not.toMatch(/[^\P{C}]/u)
  })

  it.each<[unknown]>([[`lk_${STEERS}`], ['a\nb'], [''], [undefined], [{}]])(
    'gives no token that is none: %j',
    async (token) => {
      for (const args of [
        ['create', '--name', 'ci'],
        ['rotate', ID],
        ['reveal', ID],
      ]) {
        const { code, stdout, stderr } = await asked(await hostile(token === undefined ? null : token), ...args)
        expect([code, stdout]).toEqual([1, ''])
        expect(stderr).toContain('no token in the answer')
      }
    },
  )
})
