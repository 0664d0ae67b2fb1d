import { inspect } from 'node:util'
import { expect, test, vi } from 'vitest'
import type { Step } from '../src/authorize.ts'
import { nodeDigests } from '../src/crypto/node.ts'
import { consoleSink } from '../src/sinks/console.ts'
import { noteOf } from '../src/step.ts'
import { accessOf, authorityOf, observe } from './hosts/in-process.ts'
import { noSecretIn } from './hosts/leaks.ts'
import type { Vector } from './hosts/vector.ts'
import { vectors } from './hosts/vector.ts'

const table = vectors()

test('no reply, event, log line, step or printed value of the whole table tells any of its secrets', async () => {
  const lines: string[] = []
  const written = ['log', 'info', 'warn', 'error', 'debug'] as const
  const spies = written.map((level) =>
    vi.spyOn(console, level).mockImplementation((...values) => void lines.push(values.map(String).join(' '))),
  )
  for (const vector of table) {
    const before = lines.length
    const text = await told(vector)
    expect(lines.length).toBeGreaterThan(before)
    noSecretIn([text, ...lines.slice(before)].join('\n'), vector)
  }
  for (const spy of spies) spy.mockRestore()
})

/** Everything that anybody but the origin could come to see of a row. */
async function told(vector: Vector): Promise<string> {
  const { origin: _, ...answer } = await observe(vector, nodeDigests())
  const steps: Step[] = []
  const { authority } = await authorityOf(vector, nodeDigests(), consoleSink())
  const question = { defer: () => undefined, trace: (step: Step) => void steps.push(step) }
  const { decision } = await authority.judgeWhat((access) => access, accessOf(vector), question)
  // The match keeps the query as it was sent, for whoever reads the credential in it; nothing prints a match.
  const { match: _match, ...decided } = decision
  const words = steps.map(noteOf)
  return [JSON.stringify([answer, words, decided, authority]), inspect([decided, authority], { depth: 12 })].join('\n')
}

test.each<[name: string, given: (token: string) => string]>([
  ['as it is', (token) => `Bearer ${token}`],
  ['percent-encoded', (token) => `/x?api_token=${encodeURIComponent(token)}`],
  ['inside JSON', (token) => JSON.stringify({ token })],
  ['in base64url', (token) => `latchkey.token64.${Buffer.from(token).toString('base64url')}`],
])('a secret that is told %s is found', (_, given) => {
  const row = { name: 'a row', secrets: { T_ODD: 'a/b"c\\d e-sixteen-or-more\n' } }
  expect(() => noSecretIn(given(row.secrets.T_ODD.trim()), row)).toThrow('a row: secret T_ODD was told')
})
