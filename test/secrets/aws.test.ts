import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Document } from '../../src/document.ts'
import type { NoticeEvent } from '../../src/model/event.ts'
import type { SecretSource } from '../../src/model/ports.ts'
import { aws } from '../../src/secrets/aws.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { accessOf, bearer, NOW } from '../given/access.ts'
import { authorityOf, DOCUMENT, hostOf, reasonOf, TOKENS } from '../given/authority.ts'
import { NOBODY } from '../stores/server.ts'
import type { AwsServer } from './aws-server.ts'
import { awsServer } from './aws-server.ts'

const ROLE = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'the-key-of-the-role',
  AWS_SESSION_TOKEN: 'the-session',
}

let server: AwsServer
beforeEach(async () => {
  server = await awsServer()
})
afterEach(() => server.stop())

function sourceOf(variables: Readonly<Record<string, string>>) {
  const sink = memorySink()
  const source = aws({ ...ROLE, AWS_ENDPOINT_URL: server.url, ...variables }, sink, 200)
  const notices = () => sink.events.map((event) => (event as NoticeEvent).message)
  return { source, notices, get: (name: string) => valuesOf(source, name) }
}

async function valuesOf(source: SecretSource, name: string): Promise<readonly string[]> {
  return source.get(name)
}

/** As the log tells it. */
async function failureOf(given: Promise<unknown>): Promise<string> {
  const { name, code } = await given.then(
    () => ({ name: 'no failure', code: '' }),
    (error) => error,
  )
  return `${name} ${code}`
}

describe('a variable', () => {
  it.each([
    ['is its secret', 'abc\n', ['abc']],
    ['is its secret, with a colon in it', 'ssmx:/x', ['ssmx:/x']],
    ['is its secret, which holds a place', '{"a":"ssm:/x"}', ['{"a":"ssm:/x"}']],
  ])('%s', async (_, text, expected) => {
    expect(await sourceOf({ LATCHKEY_SECRETS: 'ssm:/latchkey/prod/', APP: text }).get('APP')).toEqual(expected)
    expect(server.calls).toEqual([])
  })

  it('that is its secret is there at once', () => {
    expect(sourceOf({ LATCHKEY_SECRETS: 'ssm:/latchkey/prod/', APP: 'abc' }).source.get('APP')).toEqual(['abc'])
  })

  it('that is unset or empty is not configured, where no place is named for all', async () => {
    const { get } = sourceOf({ EMPTY: '' })
    expect([await get('EMPTY'), await get('UNSET'), await get('toString')]).toEqual([[], [], []])
    expect(server.calls).toEqual([])
  })

  it('that is empty gives way to the place of all', async () => {
    server.parameters.set('/latchkey/prod/EMPTY', 'abc')
    expect(await sourceOf({ LATCHKEY_SECRETS: 'ssm:/latchkey/prod/', EMPTY: '' }).get('EMPTY')).toEqual(['abc'])
  })

  it.each([
    ['a parameter', 'ssm:/x/y', 'p', ['p']],
    ['a parameter without a folder', 'ssm:y', 'p', ['p']],
    ['a parameter in a folder', 'ssm:/x/', 'in the folder', ['in the folder']],
    ['a version of a parameter', 'ssm:/x/y:3', 'third', ['third']],
    ['a parameter by its label', 'ssm:/x/y:old', 'labelled', ['labelled']],
    ['a parameter by its ARN', 'ssm:arn:aws:ssm:eu-central-1:210987654321:parameter/x/y', 'shared', ['shared']],
    ['a key of a parameter', 'ssm:/x/json#b', '{"a":"1","b":"2"}', ['2']],
  ])('can name %s', async (_, place, value, expected) => {
    const id = place.slice('ssm:'.length).split('#')[0] as string
    server.parameters.set(id.endsWith('/') ? `${id}APP` : id, value)
    server.parameters.set('/x/y', server.parameters.get('/x/y') ?? 'newest')
    expect(await sourceOf({ LATCHKEY_SECRETS: 'ssm:/latchkey/prod/', APP: place }).get('APP')).toEqual(expected)
  })

  it.each([
    ['a secret', 'secretsmanager:latchkey/app', ['{"APP":"1"}']],
    ['a secret in a folder', 'secretsmanager:latchkey/', ['2']],
    ['a secret by its ARN', 'secretsmanager:arn:aws:secretsmanager:eu-central-1:123456789012:secret:app-AbCdEf', ['3']],
    ['a key of a secret', 'secretsmanager:latchkey/app#APP', ['1']],
    ['a key with signs', 'secretsmanager:app#a.b c', ['4']],
  ])('can name %s', async (_, place, expected) => {
    server.secrets.set('latchkey/app', { AWSCURRENT: '{"APP":"1"}' })
    server.secrets.set('latchkey/APP', { AWSCURRENT: '2' })
    server.secrets.set('arn:aws:secretsmanager:eu-central-1:123456789012:secret:app-AbCdEf', { AWSCURRENT: '3' })
    server.secrets.set('app', { AWSCURRENT: '{"a.b c":"4"}' })
    expect(await sourceOf({ APP: place }).get('APP')).toEqual(expected)
  })

  it.each([
    'ssm:',
    'ssm:/x y',
    'ssm:/x#',
    'secretsmanager:',
    'secretsmanager:$(id)',
    'extension+ssm:',
    'extension+secretmanager:x',
    'arn:aws:ssm:eu-central-1:123456789012:parameter/x',
    'arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf',
    '{{resolve:ssm-secure:/x}}',
    '{{resolve:secretsmanager:x:SecretString:APP}}',
    'ssm-secure:/x',
    'secretmanager:x',
    'SSM:/x',
    'SecretsManager:x',
    ' ssm:/x',
  ])('that is no place, though it begins as one, is refused without its text: %j', async (text) => {
    const { source } = sourceOf({ LATCHKEY_SECRETS: 'ssm:/latchkey/prod/', APP: text })
    expect(await failureOf((async () => source.get('APP'))())).toBe(
      'variable APP must be the secret, or say where it lies, as ssm:/latchkey/prod/APP, ssm:ARN or secretsmanager:latchkey/prod#APP do',
    )
    expect(server.calls).toEqual([])
  })
})

describe('the place of all secrets', () => {
  it.each(['/latchkey/prod/', 'ssm', 'dynamodb:latchkey', 'secretsmanager:latchkey/prod#APP'])(
    'that is none is refused, and lets variables count: %j',
    async (text) => {
      const { source, get } = sourceOf({ LATCHKEY_SECRETS: text, OWN: 'abc' })
      expect(await failureOf((async () => source.get('APP'))())).toBe(
        'variable LATCHKEY_SECRETS must say where secrets lie, as ssm:/latchkey/prod/ or secretsmanager:latchkey/prod does',
      )
      expect(await get('OWN')).toEqual(['abc'])
    },
  )

  it('is a folder of Parameter Store where it ends with a slash', async () => {
    server.parameters.set('/latchkey/prod/APP', 'abc\n')
    expect(await sourceOf({ LATCHKEY_SECRETS: 'ssm:/latchkey/prod/\n' }).get('APP')).toEqual(['abc'])
  })

  it('is a folder of Secrets Manager where it ends with a slash', async () => {
    server.secrets.set('latchkey/prod/APP', { AWSCURRENT: '{"whole":"text"}' })
    expect(await sourceOf({ LATCHKEY_SECRETS: 'secretsmanager:latchkey/prod/' }).get('APP')).toEqual([
      '{"whole":"text"}',
    ])
  })

  it.each(['ssm:/latchkey/prod', 'secretsmanager:latchkey/prod'])('is one JSON object else: %s', async (place) => {
    server.parameters.set('/latchkey/prod', '{"APP":"abc","PEPPER":"def"}')
    server.secrets.set('latchkey/prod', { AWSCURRENT: '{"APP":"abc","PEPPER":"def"}' })
    const { get, notices } = sourceOf({ LATCHKEY_SECRETS: place })
    expect(await Promise.all(['APP', 'PEPPER', 'OTHER', 'toString'].map(get))).toEqual([['abc'], ['def'], [], []])
    expect(notices()).toEqual(
      ['OTHER', 'toString'].map((name) => `secret ${name} is not set: ${place} has nothing under ${name}`),
    )
  })
})

describe('one flight', () => {
  const names = Array.from({ length: 23 }, (_, n) => `APP_${n}`)

  it('reads ten parameters a call, all at once, each name once', async () => {
    for (const name of names) server.parameters.set(`/latchkey/prod/${name}`, `value of ${name}`)
    const { get } = sourceOf({ LATCHKEY_SECRETS: 'ssm:/latchkey/prod/', APP_22: 'ssm:/latchkey/prod/APP_0' })
    expect(await Promise.all(names.map(get))).toEqual(
      names.map((name) => [`value of ${name === 'APP_22' ? 'APP_0' : name}`]),
    )
    expect(server.calls.map(({ input }) => input.Names?.length)).toEqual([10, 10, 2])
  })

  it('is two calls for all names of a secret', async () => {
    const object = Object.fromEntries(names.map((name) => [name, `value of ${name}`]))
    server.secrets.set('latchkey/prod', { AWSCURRENT: JSON.stringify(object) })
    const { get } = sourceOf({ LATCHKEY_SECRETS: 'secretsmanager:latchkey/prod' })
    expect(await Promise.all(names.map(get))).toEqual(names.map((name) => [`value of ${name}`]))
    expect(server.calls.map(({ input }) => input.VersionStage).toSorted()).toEqual(['AWSCURRENT', 'AWSPREVIOUS'])
  })

  it('goes over few connections, which are kept', async () => {
    for (const name of names) server.secrets.set(`latchkey/${name}`, { AWSCURRENT: 'abc' })
    const { get } = sourceOf({ LATCHKEY_SECRETS: 'secretsmanager:latchkey/' })
    for (let turn = 0; turn < 2; turn++) await Promise.all(names.map(get))
    expect([server.calls.length, new Set(server.calls.map(({ socket }) => socket)).size]).toEqual([92, 4])
  })

  it('is signed for its service and region, and with the session', async () => {
    const secret = 'secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf'
    const { get } = sourceOf({ A: 'ssm:/a', B: 'secretsmanager:b', C: secret })
    await Promise.all(['A', 'B', 'C'].map(get))
    expect(new Set(server.calls.map(({ scope, sessionToken }) => `${scope} ${sessionToken}`))).toEqual(
      new Set(
        ['ssm eu-central-1', 'secretsmanager eu-central-1', 'secretsmanager us-east-1'].map(
          (each) => `${each} the-session`,
        ),
      ),
    )
  })

  it('takes no operation that the policies of the page do not allow', async () => {
    await Promise.all(['A', 'B'].map(sourceOf({ A: 'ssm:/a', B: 'secretsmanager:b' }).get))
    const page = readFileSync(new URL('../../docs/aws-secrets.md', import.meta.url), 'utf8')
    const policies = Array.from(
      page.matchAll(/^```json\n([\s\S]*?)^```$/gm),
      ([, text]) => JSON.parse(text as string) as Policy,
    )
    const actions = policies.flatMap(({ Statement }) => Statement.map(({ Action }) => Action))
    const taken = server.calls.map(({ scope, operation }) => `${scope.split(' ')[0]}:${operation}`)
    expect(new Set([...taken, 'kms:Decrypt'])).toEqual(new Set(actions))
  })

  it('goes where the variables of each service say', async () => {
    server.parameters.set('/a', 'a')
    server.secrets.set('b', { AWSCURRENT: 'b' })
    const endpoints = {
      AWS_ENDPOINT_URL: NOBODY,
      AWS_ENDPOINT_URL_SSM: server.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url,
    }
    const { get } = sourceOf({ ...endpoints, A: 'ssm:/a', B: 'secretsmanager:b' })
    expect(await Promise.all(['A', 'B'].map(get))).toEqual([['a'], ['b']])
  })
})

describe('a secret that rotates', () => {
  it('has both versions, newest first, each once', async () => {
    server.secrets.set('app', { AWSCURRENT: 'new', AWSPREVIOUS: 'old\n' })
    const { get } = sourceOf({ APP: 'secretsmanager:app' })
    expect(await get('APP')).toEqual(['new', 'old'])
    server.secrets.set('app', { AWSCURRENT: 'new', AWSPREVIOUS: 'new' })
    expect(await get('APP')).toEqual(['new'])
  })

  it.each<[string, string | Uint8Array, readonly string[]]>([
    ['an older object', '{"APP":"old"}', ['new', 'old']],
    ['an older object without the key', '{"OTHER":"old"}', ['new']],
    ['an older object with no text under it', '{"APP":7}', ['new']],
    ['an older text', 'old', ['new']],
    ['older bytes', new Uint8Array([1, 2, 3]), ['new']],
  ])('takes of %s what it can', async (_, previous, expected) => {
    server.secrets.set('app', { AWSCURRENT: '{"APP":"new"}', AWSPREVIOUS: previous })
    expect(await sourceOf({ APP: 'secretsmanager:app#APP' }).get('APP')).toEqual(expected)
  })

  it.each<[string, string, string, string]>([
    ['the key', 'secretsmanager:app#APP', '{"OTHER":"new"}', 'secretsmanager:app has nothing under APP'],
    ['the text of the key', 'secretsmanager:app#APP', '{"APP":""}', 'secretsmanager:app has nothing under APP'],
    ['all but a newline', 'secretsmanager:app#APP', '{"APP":"\\n"}', 'secretsmanager:app has nothing under APP'],
    ['its text', 'secretsmanager:app', '\n', 'secretsmanager:app is empty'],
  ])('that lost %s counts no more, whatever its older version says, which is told once', async (...row) => {
    const [, place, current, told] = row
    const { get, notices } = sourceOf({ APP: place })
    server.secrets.set('app', { AWSCURRENT: '{"APP":"old"}' })
    expect(await get('APP')).toHaveLength(1)
    server.secrets.set('app', { AWSCURRENT: current, AWSPREVIOUS: '{"APP":"old"}' })
    for (let turn = 0; turn < 2; turn++) expect(await get('APP')).toEqual([])
    expect(notices()).toEqual([`secret APP is not set: ${told}`])
  })
})

describe('what is not there', () => {
  it.each([
    ['ssm:/x/y', 'there is no ssm:/x/y'],
    ['secretsmanager:app', 'there is no secretsmanager:app'],
    ['secretsmanager:app#APP', 'there is no secretsmanager:app'],
    ['secretsmanager:deleted', 'there is no secretsmanager:deleted'],
    ['secretsmanager:empty', 'secretsmanager:empty is empty'],
    ['secretsmanager:object#APP', 'secretsmanager:object has nothing under APP'],
    ['secretsmanager:object#EMPTY', 'secretsmanager:object has nothing under EMPTY'],
  ])('is not configured, and told once: %s', async (place, told) => {
    server.secrets.set('deleted', {})
    server.secrets.set('empty', { AWSCURRENT: '\n' })
    server.secrets.set('object', { AWSCURRENT: '{"EMPTY":""}' })
    const { get, notices } = sourceOf({ APP: place })
    for (let turn = 0; turn < 3; turn++) expect(await get('APP')).toEqual([])
    expect(notices()).toEqual([`secret APP is not set: ${told}`])
  })

  it('is told again where it was there meanwhile', async () => {
    const { get, notices } = sourceOf({ APP: 'ssm:/x/y' })
    await get('APP')
    server.parameters.set('/x/y', 'abc')
    expect(await get('APP')).toEqual(['abc'])
    server.parameters.clear()
    await get('APP')
    expect(notices()).toHaveLength(2)
  })

  it('keeps no other name from its value', async () => {
    server.parameters.set('/x/A', 'abc')
    const { get } = sourceOf({ LATCHKEY_SECRETS: 'ssm:/x/' })
    expect(await Promise.all(['A', 'B'].map(get))).toEqual([['abc'], []])
  })
})

describe('what cannot be read', () => {
  const VALUE = 'a-value-that-nobody-is-told'

  it.each<[string, AwsServer['trouble'], string]>([
    ['ssm:/x/y', 'ThrottlingException', 'ssm:/x/y ThrottlingException'],
    ['ssm:/x/y', 'InternalServerError', 'ssm:/x/y InternalServerError'],
    ['ssm:/x/y', 502, 'ssm:/x/y SyntaxError'],
    ['ssm:/x/y', 'silent', 'ssm:/x/y TimeoutError'],
    ['secretsmanager:app', 'ThrottlingException', 'secretsmanager:app ThrottlingException'],
    ['secretsmanager:app', 'DecryptionFailure', 'secretsmanager:app DecryptionFailure'],
    ['secretsmanager:app', 'ExpiredTokenException', 'secretsmanager:app ExpiredTokenException'],
    ['secretsmanager:app', 503, 'secretsmanager:app SyntaxError'],
    ['secretsmanager:app', 'silent', 'secretsmanager:app TimeoutError'],
  ])('as AWS fails, fails: %s with %s', async (place, trouble, expected) => {
    server.parameters.set('/x/y', VALUE)
    server.secrets.set('app', { AWSCURRENT: VALUE, AWSPREVIOUS: VALUE })
    server.trouble = trouble
    const { source, get } = sourceOf({ APP: place })
    expect(await failureOf(get('APP'))).toBe(expected)
    expect(source.rereadable).toBe(trouble !== 'silent')
    server.trouble = undefined
    expect(await get('APP')).toEqual([VALUE])
    expect(source.rereadable).toBe(true)
  })

  it('as nobody listens, fails', async () => {
    const { get } = sourceOf({ APP: 'ssm:/x/y', AWS_ENDPOINT_URL: NOBODY })
    expect(await failureOf(get('APP'))).toBe('ssm:/x/y Error ECONNREFUSED')
  })

  it.each([
    ['AWS_REGION', 'cannot be asked: set AWS_REGION or AWS_DEFAULT_REGION'],
    ['AWS_ACCESS_KEY_ID', 'cannot be asked: set AWS_ACCESS_KEY_ID'],
    ['AWS_SECRET_ACCESS_KEY', 'cannot be asked: set AWS_SECRET_ACCESS_KEY'],
  ])('without %s, fails', async (variable, expected) => {
    const { get } = sourceOf({ [variable]: '', APP: 'ssm:/x/y', LATER: 'secretsmanager:app' })
    expect(await failureOf(get('APP'))).toBe(`ssm:/x/y ${expected}`)
    expect(await failureOf(get('LATER'))).toBe(`secretsmanager:app ${expected}`)
  })

  it('as its secret holds bytes, fails', async () => {
    server.secrets.set('app', { AWSCURRENT: new Uint8Array([1, 2, 3]) })
    expect(await failureOf(sourceOf({ APP: 'secretsmanager:app' }).get('APP'))).toBe(
      'secretsmanager:app holds bytes, not text',
    )
  })

  it.each([
    [VALUE, 'is no JSON object'],
    [`"${VALUE}"`, 'is no JSON object'],
    [`["${VALUE}"]`, 'is no JSON object'],
    ['null', 'is no JSON object'],
    [`{"APP":["${VALUE}"]}`, 'has no text under APP'],
    ['{"APP":7}', 'has no text under APP'],
    ['{"APP":null}', 'has no text under APP'],
  ])('as its secret is another text than was said, fails: %s', async (text, expected) => {
    server.secrets.set('app', { AWSCURRENT: text })
    expect(await failureOf(sourceOf({ APP: 'secretsmanager:app#APP' }).get('APP'))).toBe(
      `secretsmanager:app ${expected}`,
    )
  })

  it('as IAM denies one of many, fails alone, and is asked for alone from then on', async () => {
    for (const name of ['A', 'B', 'C']) server.parameters.set(`/x/${name}`, VALUE)
    server.denied.add('/x/B')
    const { get } = sourceOf({ LATCHKEY_SECRETS: 'ssm:/x/' })
    const all = () =>
      Promise.all(['A', 'B', 'C'].map((name) => get(name).catch((error) => failureOf(Promise.reject(error)))))
    expect(await all()).toEqual([[VALUE], 'ssm:/x/B AccessDeniedException', [VALUE]])
    expect(server.calls).toHaveLength(4)
    expect(await all()).toEqual([[VALUE], 'ssm:/x/B AccessDeniedException', [VALUE]])
    expect(server.calls).toHaveLength(6)
    server.denied.clear()
    await all()
    expect(await all()).toEqual([[VALUE], [VALUE], [VALUE]])
    expect(server.calls).toHaveLength(9)
  })

  it('throttled as many, is not asked for one by one', async () => {
    server.trouble = 'ThrottlingException'
    const { get } = sourceOf({ LATCHKEY_SECRETS: 'ssm:/x/' })
    await Promise.allSettled(['A', 'B', 'C'].map(get))
    expect(server.calls).toHaveLength(1)
  })

  it('as IAM denies a secret, fails', async () => {
    server.secrets.set('app', { AWSCURRENT: VALUE })
    server.denied.add('app')
    expect(await failureOf(sourceOf({ APP: 'secretsmanager:app' }).get('APP'))).toBe(
      'secretsmanager:app AccessDeniedException',
    )
  })
})

describe('a gate on secrets of AWS', () => {
  const BOUNDED: Document = { ...DOCUMENT, secretsSeconds: 30, staleSeconds: 60 }

  function gateOf(variables: Readonly<Record<string, string>>, document: Document = BOUNDED) {
    const { source, notices } = sourceOf(variables)
    const host = hostOf(source)
    const authority = authorityOf(document, host)
    const deferred: Promise<unknown>[] = []
    return {
      deferred,
      told: () => [
        ...notices(),
        ...host.sink.events.flatMap((event) => (event.type === 'notice' ? [event.message] : [])),
      ],
      log: () => JSON.stringify([notices(), host.sink.events]),
      async ask(seconds: number, token: string): Promise<string> {
        const access = accessOf({ at: NOW + seconds, headers: [bearer(token)] })
        const { decision } = await authority.judge(access, { defer: (work) => void deferred.push(work) })
        return reasonOf(decision) ?? 'allowed'
      },
    }
  }

  it('lets a new secret and the one before it pass at once, and no older one', async () => {
    server.secrets.set('app', { AWSCURRENT: TOKENS.FULL })
    const gate = gateOf({ FULL: 'secretsmanager:app' })
    expect(await gate.ask(0, TOKENS.FULL)).toBe('allowed')
    server.secrets.set('app', { AWSCURRENT: TOKENS.READ, AWSPREVIOUS: TOKENS.FULL })
    expect(await gate.ask(6, TOKENS.READ)).toBe('allowed')
    expect(await gate.ask(6, TOKENS.FULL)).toBe('allowed')
    server.secrets.set('app', { AWSCURRENT: TOKENS.ADMIN, AWSPREVIOUS: TOKENS.READ })
    expect(await gate.ask(12, TOKENS.ADMIN)).toBe('allowed')
    expect(await gate.ask(12, TOKENS.FULL)).toBe('token-unknown')
  })

  it('lets a secret that was taken away count for secretsSeconds at most', async () => {
    server.parameters.set('/x/FULL', TOKENS.FULL)
    const gate = gateOf({ LATCHKEY_SECRETS: 'ssm:/x/' })
    await gate.ask(0, TOKENS.FULL)
    server.parameters.set('/x/FULL', TOKENS.READ)
    expect(await gate.ask(14, TOKENS.FULL)).toBe('allowed')
    expect(await gate.ask(30, TOKENS.FULL)).toBe('token-unknown')
  })

  it('answers a flood of forged tokens with one call every 5 s', async () => {
    server.parameters.set('/x/FULL', TOKENS.FULL)
    const gate = gateOf({ LATCHKEY_SECRETS: 'ssm:/x/' })
    for (let seconds = 0; seconds < 60; seconds += 0.5) await gate.ask(seconds, TOKENS.READ)
    expect(server.calls).toHaveLength(12)
  })

  it('lets what it knows count on while AWS is throttled, within the bound, and then refuses', async () => {
    server.parameters.set('/x/FULL', TOKENS.FULL)
    const gate = gateOf({ LATCHKEY_SECRETS: 'ssm:/x/' })
    await gate.ask(0, TOKENS.FULL)
    server.trouble = 'ThrottlingException'
    for (const seconds of [15, 30, 60, 89]) {
      expect(await gate.ask(seconds, TOKENS.FULL)).toBe('allowed')
      await Promise.all(gate.deferred)
    }
    expect(await gate.ask(90, TOKENS.FULL)).toBe('dependency-unavailable')
    server.trouble = undefined
    expect(await gate.ask(95, TOKENS.FULL)).toBe('allowed')
    expect(gate.told()).toEqual(['secret FULL cannot be read: ssm:/x/FULL ThrottlingException'])
    expect(gate.log()).not.toContain(TOKENS.FULL)
  })

  it('refuses while AWS has never answered, and tells which parameter it is', async () => {
    server.parameters.set('/x/FULL', TOKENS.FULL)
    server.denied.add('/x/FULL')
    const gate = gateOf({ LATCHKEY_SECRETS: 'ssm:/x/' })
    expect(await gate.ask(0, TOKENS.FULL)).toBe('dependency-unavailable')
    expect(gate.told()).toEqual(['secret FULL cannot be read: ssm:/x/FULL AccessDeniedException'])
  })

  it('makes no unknown token wait for what has just not answered', async () => {
    server.parameters.set('/x/FULL', TOKENS.FULL)
    const gate = gateOf({ LATCHKEY_SECRETS: 'ssm:/x/' })
    await gate.ask(0, TOKENS.FULL)
    server.trouble = 'silent'
    expect(await gate.ask(6, TOKENS.READ)).toBe('token-unknown')
    const calls = server.calls.length
    for (const seconds of [7, 12, 13]) {
      const asked = gate.ask(seconds, TOKENS.READ)
      expect(await Promise.race([asked, gate.deferred[1]?.then(() => 'waited') ?? asked])).toBe('token-unknown')
    }
    await Promise.all(gate.deferred)
    expect(server.calls.length).toBe(calls + 1)
  })

  it('proves what it can as soon as AWS answers again', async () => {
    server.parameters.set('/x/FULL', TOKENS.FULL)
    server.trouble = 'ThrottlingException'
    const gate = gateOf({ LATCHKEY_SECRETS: 'ssm:/x/' })
    expect(await gate.ask(0, TOKENS.FULL)).toBe('dependency-unavailable')
    server.trouble = undefined
    expect(await gate.ask(4, TOKENS.FULL)).toBe('dependency-unavailable')
    expect(await gate.ask(5, TOKENS.FULL)).toBe('allowed')
  })

  it('refuses a secret that is not there, and tells which parameter that is', async () => {
    const gate = gateOf({ LATCHKEY_SECRETS: 'ssm:/x/' })
    expect(await gate.ask(0, TOKENS.FULL)).toBe('not-configured')
    expect(gate.told()).toEqual([
      'secret FULL is not set: there is no ssm:/x/FULL',
      'credential full is not configured: set FULL',
    ])
    server.parameters.set('/x/FULL', TOKENS.FULL)
    expect(await gate.ask(6, TOKENS.FULL)).toBe('allowed')
  })
})

describe('the server of these tests', () => {
  const require = createRequire(new URL('../../e2e/aws/package.json', import.meta.url))

  it("speaks what AWS's own client understands", async () => {
    const { SSM } = require('@aws-sdk/client-ssm') as { SSM: new (options: object) => SsmClient }
    server.parameters.set('/x/y', 'abc').set('/x/y:3', 'older')
    const client = new SSM({
      region: 'eu-central-1',
      endpoint: server.url,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the-key' },
    })
    const found = await client.getParameters({ Names: ['/x/y', '/x/y:3', '/x/z'], WithDecryption: true })
    expect(found.Parameters?.map(({ Name, Selector, Value }) => [Name, Selector, Value])).toEqual([
      ['/x/y', undefined, 'abc'],
      ['/x/y', ':3', 'older'],
    ])
    expect(found.InvalidParameters).toEqual(['/x/z'])
    server.denied.add('/x/y')
    await expect(client.getParameters({ Names: ['/x/y'] })).rejects.toMatchObject({ name: 'AccessDeniedException' })
    client.destroy()
  })
})

interface Policy {
  readonly Statement: readonly { readonly Action: string }[]
}

interface SsmClient {
  getParameters(input: object): Promise<{
    readonly Parameters?: readonly { readonly Name?: string; readonly Selector?: string; readonly Value?: string }[]
    readonly InvalidParameters?: readonly string[]
  }>
  destroy(): void
}
