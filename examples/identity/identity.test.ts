import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { INSTALL_MILLISECONDS } from '../../scripts/ensure-program.ts'
import { ensurePyjwt } from '../../scripts/ensure-pyjwt.ts'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { TOKENS } from '../../test/given/authority.ts'
import { ED, made, SECRETS, SHARED } from '../../test/identity/given.ts'
import type { VectorFile } from '../../test/identity/vector-file.ts'
import { VECTOR_FILE } from '../../test/identity/vector-file.ts'
import { gateAt, nowhere, originThat } from '../../test/node/parts.ts'

const document: Document = JSON.parse(readFileSync('examples/identity/latchkey.json', 'utf8'))

/** The origin in Python, on a port of its own choice, until the test ends. */
async function python(program: string, variables: Record<string, string>): Promise<string> {
  const options = { env: { ...process.env, ...variables, PYTHONDONTWRITEBYTECODE: '1' } }
  const child: ChildProcess = spawn(program, ['examples/identity/origin.py', '0'], options)
  onTestFinished(() => void child.kill())
  let said = ''
  child.stderr?.on('data', (chunk) => (said += chunk))
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (chunk) => resolve(String(chunk).trim()))
    child.once('exit', () => reject(new Error(said)))
  })
  return `http://127.0.0.1:${port}`
}

const KINDS = [
  ['EdDSA', 'EdDSA, by PyJWT', ensurePyjwt, { secret: 'CURRENT' }],
  ['HS256', "HS256, by Python's own modules", () => 'python3', { secret: 'SHARED' }],
] as const

describe.each(KINDS)('an origin in Python that verifies %s', (algorithm, _, programOf, keys) => {
  const isShared = algorithm === 'HS256'
  const identity = { ...document.identity, algorithm, keys } as NonNullable<Document['identity']>

  async function both() {
    const gateless = await gateAt(await nowhere(), { ...document, identity }, { secrets: env(GATE_SECRETS) })
    const origin = await python(
      programOf(),
      isShared
        ? { IDENTITY_SECRETS: `${'x'.repeat(40)},${SHARED}` }
        : { IDENTITY_KEYS_URL: `${gateless.url}/_latchkey/identity/jwks.json` },
    )
    const gate = await gateAt(origin, { ...document, identity }, { secrets: env(GATE_SECRETS) })
    return { gate: gate.url, origin }
  }

  test(
    'takes what passed the gate, and nothing else',
    async () => {
      const { gate, origin } = await both()
      const credential = { authorization: `Bearer ${TOKENS.FULL}` }
      const passed = await fetch(`${gate}/orders/a%c3%bcb?x=1`, { headers: credential })
      expect([passed.status, await passed.json()]).toMatchObject([
        200,
        { sub: 'app', kind: 'static-token', htu: 'https://api.example/orders/a%C3%BCb' },
      ])
      expect(await (await fetch(`${gate}/health`)).json()).toMatchObject({ kind: 'anonymous' })

      const at = Math.floor(Date.now() / 1000)
      const times = { iat: at, exp: at + 60 }
      const { keys: published } = await (await fetch(`${gate}/_latchkey/identity/jwks.json`)).json()
      const header = isShared ? {} : { kid: published[0].kid }
      const by = isShared ? SHARED : ED.current
      const good = made({ by, header, claims: times })
      const status = async (token?: string, path = '/orders', method = 'GET') => {
        const headers = { ...credential, ...(token !== undefined && { 'X-Latchkey-Identity': token }) }
        return (await fetch(origin + path, { method, headers })).status
      }
      expect(await status(good)).toBe(200)
      expect(await status(good, '/orders?x=1')).toBe(200)
      const bad: Record<string, number> = {
        nothing: await status(),
        empty: await status(''),
        'another method': await status(good, '/orders', 'DELETE'),
        'another path': await status(good, '/orders/7'),
        'an escaped path': await status(good, '/%6frders'),
        'two, joined': await status(`${good}, ${good}`),
        'too late': await status(made({ by, header, claims: { iat: at - 70, exp: at - 10 } })),
        'too long': await status(made({ by, header, claims: { iat: at - 70, exp: at + 600 } })),
        'not yet': await status(made({ by, header, claims: { iat: at + 60, exp: at + 120 } })),
        'another host': await status(made({ by, header, claims: { ...times, htu: 'https://evil.example/orders' } })),
        'another issuer': await status(made({ by, header, claims: { ...times, iss: 'https://evil.example' } })),
        'another audience': await status(made({ by, header, claims: { ...times, aud: 'other' } })),
        'an access token': await status(made({ by, header: { ...header, typ: 'at+jwt' }, claims: times })),
        none: await status(`${made({ by, header: { ...header, alg: 'none' }, claims: times }).replace(/[^.]*$/, '')}`),
        'none, signed': await status(made({ by, header: { ...header, alg: 'none' }, claims: times })),
        'somebody else': await status(made({ by: isShared ? 'z'.repeat(43) : ED.stranger, header, claims: times })),
        'the other algorithm': await status(
          isShared
            ? made({ by: ED.current, claims: times })
            : made({ by: JSON.stringify({ keys: published }), header, claims: times }),
        ),
        'a header that is nested too deep': await status(`${NESTED}.${good.replace(/^[^.]*\./, '')}`),
        'claims that are nested too deep': await status(good.replace(/\..*\./, `.${NESTED}.`)),
        'no JSON': await status(good.replace(/^[^.]*/, '____')),
        'another kid': await status(
          isShared ? made({ by: 'z'.repeat(43) }) : made({ by, header: { kid: '../kid' }, claims: times }),
        ),
      }
      expect(bad).toEqual(Object.fromEntries(Object.keys(bad).map((each) => [each, 403])))
    },
    INSTALL_MILLISECONDS,
  )

  test(
    'says of every test vector what is expected',
    () => {
      const { rows } = JSON.parse(readFileSync(VECTOR_FILE, 'utf8')) as VectorFile
      const args = ['-B', 'examples/identity/vectors.py', fileURLToPath(VECTOR_FILE), algorithm]
      const lines = execFileSync(programOf(), args, { encoding: 'utf8' }).trim().split('\n')
      const expected = rows.filter((row) => row.algorithm === algorithm).map(({ title, expect: what }) => [title, what])
      expect(lines.map((line) => JSON.parse(line))).toEqual(expected)
    },
    INSTALL_MILLISECONDS,
  )
})

describe('the keys that a gate publishes, by PyJWT', () => {
  const at = Math.floor(Date.now() / 1000)
  const by = (kid: string) => made({ header: { kid }, claims: { iat: at, exp: at + 60 } })
  const shown = async (origin: string, token: string) => {
    const answer = await fetch(`${origin}/orders`, { headers: { 'X-Latchkey-Identity': token } })
    return [answer.status, (await answer.json()).type]
  }

  test(
    'are not to be had: nobody can be judged',
    async () => {
      const gates = [await nowhere(), (await originThat((_, answer) => void answer.end('{ "keys": [] }'))).url]
      for (const gate of gates) {
        const origin = await python(ensurePyjwt(), { IDENTITY_KEYS_URL: gate })
        const unavailable = [503, 'urn:latchkey:reason:dependency-unavailable']
        expect(await shown(origin, by('kid'))).toEqual(unavailable)
        // Nor before they are asked for once more.
        expect(await shown(origin, by('kid'))).toEqual(unavailable)
      }
    },
    INSTALL_MILLISECONDS,
  )

  test(
    'are fetched once, whatever kids a stranger writes',
    async () => {
      let fetches = 0
      const { jwks } = JSON.parse(readFileSync(VECTOR_FILE, 'utf8')) as VectorFile
      const gate = await originThat((_, answer) => {
        fetches++
        answer.end(JSON.stringify(jwks))
      })
      const origin = await python(ensurePyjwt(), { IDENTITY_KEYS_URL: gate.url })
      const kids = ['stranger', 'another', 'a third']
      for (const kid of kids) {
        expect(await shown(origin, by(kid))).toEqual([403, 'urn:latchkey:reason:proxy-untrusted'])
      }
      const [{ kid }] = jwks.keys as [{ kid: string }]
      expect((await shown(origin, by(kid)))[0]).toBe(200)
      expect(fetches).toBe(1)
    },
    INSTALL_MILLISECONDS,
  )

  test(
    'are fetched again for a new one after 30 seconds, for all after 5 minutes, and after a failure soon',
    () => {
      const code = `
import time
from unittest import mock
import bound, identity_eddsa

keys = identity_eddsa.PublishedKeys("http://127.0.0.1/")
clock, sets, said = [1000], [], []
def fetched():
    said.append("fetch")
    found = sets.pop(0)
    if found is None:
        raise bound.Unanswered("down")
    return found
keys._fetched = fetched
def ask(at, kid, *found):
    clock[0], sets[:] = at, found
    try:
        said.append(keys.of(kid))
    except bound.Unanswered:
        said.append("unanswered")
with mock.patch("time.monotonic", lambda: clock[0]):
    ask(1000, "a", None)
    ask(1004, "a")
    ask(1005, "a", {"a": 1})
    ask(1034, "b")
    ask(1035, "b", {"a": 1, "b": 2})
    ask(1064, "c")
    ask(1334, "a")
    ask(1335, "a", None)
    ask(1336, "a")
    ask(1340, "a", {"b": 2})
print(*said)`
      const cwd = 'examples/identity'
      expect(execFileSync(ensurePyjwt(), ['-B', '-c', code], { cwd, encoding: 'utf8' }).trim().split(' ')).toEqual([
        ...['fetch', 'unanswered', 'unanswered', 'fetch', '1'],
        ...['None', 'fetch', '2', 'None'],
        ...['1', 'fetch', 'unanswered', 'unanswered', 'fetch', 'None'],
      ])
    },
    INSTALL_MILLISECONDS,
  )
})

/** Deeper than Python's parser of JSON goes. */
const NESTED = Buffer.from('['.repeat(40_000)).toString('base64url')
const GATE_SECRETS = { ...SECRETS, APP_API_TOKEN: TOKENS.FULL }
