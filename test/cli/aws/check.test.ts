import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import type { Document } from '../../../src/document.ts'
import { fileOf, folder, run } from '../run.ts'
import { runHere } from '../run-here.ts'
import { DOCUMENT, edited, template } from './given.ts'

const TEMPLATE = edited(template('serverless.yml'), [
  ['resultTtlInSeconds: 60\n          request', 'resultTtlInSeconds: 300\n          request'],
  ['      - httpApi: GET /health', '      - httpApi: GET /else'],
])

const check = (text: string, more: readonly string[] = [], document: Document = DOCUMENT) =>
  runHere([
    'check',
    '--host',
    'aws',
    '--config',
    fileOf(document),
    '--template',
    fileOf(text, 'serverless.yml'),
    ...more,
  ])

describe('latchkey check --host aws --template', () => {
  it('tells each finding with its line, after what the document means, and is 1 where one is a fault', async () => {
    const { code, stdout, stderr } = await check(TEMPLATE)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^routes, first match wins/)
    const lines = stderr.split('\n').filter((line) => line.includes('serverless.yml'))
    expect(lines).toEqual([
      expect.stringMatching(/\/serverless\.yml:34: fault: the result TTL is 300 s, .* \[ttl-over-document\]$/),
      expect.stringMatching(/\/serverless\.yml:56: warning: GET \/else has no authorizer, .* \[open-method\]$/),
      expect.stringMatching(/\/serverless\.yml: 1 fault, 1 warning$/),
    ])
  })

  it('is 0 where there is no fault', async () => {
    const { code, stderr } = await check(template('serverless.yml'))
    expect(code).toBe(0)
    expect(stderr).toMatch(/serverless\.yml: 0 faults, 0 warnings$/m)
  })

  it('tells the same in JSON', async () => {
    const { code, stdout, stderr } = await check(TEMPLATE, ['--json'])
    expect([code, stderr]).toEqual([1, ''])
    const { ok, findings } = JSON.parse(stdout)
    expect(ok).toBe(false)
    expect(findings).toEqual([
      {
        ...{ file: expect.stringMatching(/serverless\.yml$/), line: 34, severity: 'fault', code: 'ttl-over-document' },
        message: expect.stringMatching(/set resultTtlInSeconds to 60/),
      },
      {
        ...{ file: expect.stringMatching(/serverless\.yml$/), line: 56, severity: 'warning', code: 'open-method' },
        message: expect.stringMatching(/GET \/else/),
      },
    ])
    expect(JSON.parse((await check(template('sam.yml'), ['--json'])).stdout)).toMatchObject({ ok: true, findings: [] })
  })

  it('reads the files beside the template that it names', async () => {
    const parts = folder()
    mkdirSync(join(parts, 'parts'))
    const [head = '', functions = ''] = template('serverless.yml').split(/^functions:\n/m)
    const [own = '', resources = ''] = functions.split(/^resources:\n/m)
    const stage = own.replace(`\${self:provider.stage}`, 'prod').replace('      <<: *secrets\n', '')
    writeFileSync(
      join(parts, 'serverless.yml'),
      `${head}functions: \${file(./parts/functions.yml)}\nresources:\n${resources}`,
    )
    writeFileSync(join(parts, 'parts/functions.yml'), stage.replace('TtlInSeconds: 60', 'TtlInSeconds: 61'))
    const args = ['check', '--host', 'aws', '--config', fileOf(DOCUMENT), '--template', join(parts, 'serverless.yml')]
    const { code, stderr } = await runHere(args)
    expect(code).toBe(1)
    expect(stderr).toMatch(/\/parts\/functions\.yml:\d+: fault: the result TTL is 61 s/)
    expect(stderr).toMatch(/serverless\.yml: 1 fault, 0 warnings$/m)
  })

  it.each([
    ['a template on another host', ['--host', 'node', '--template', 'x.yml'], /--template goes with --host aws/],
    [
      'a file that is not there',
      ['--host', 'aws', '--template', 'no-such.yml'],
      /--template no-such\.yml: no such file/,
    ],
  ])('does not understand %s', async (_, args, message) => {
    const { code, stderr } = await runHere(['check', '--config', fileOf(DOCUMENT), ...args])
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
  })

  it('tells nothing of what stands in a template that it cannot read', async () => {
    const { code, stdout, stderr } = await check('functions:\n  a: "hush hush\n')
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/serverless\.yml:3: fault: is neither YAML nor JSON \(missing char\) \[unreadable\]/),
    ])
    expect(stdout + stderr).not.toContain('hush')
  })

  it('moves no cursor by names in a template', async () => {
    const text = edited(template('serverless.yml'), [['httpApi: GET /health', 'httpApi: "GET /\\e[2Jelse"']])
    const { stderr } = await check(text)
    expect(stderr).toMatch(/GET \/\ufffd\[2Jelse has no authorizer/)
    expect(stderr).not.toContain('\u001b')
  })

  it('tells the faults of the document first, and looks at no template then', async () => {
    const { code, stderr } = await check(TEMPLATE, [], { ...DOCUMENT, routes: [] })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error 1 fault in the configuration/)])
  })

  test("this repository's serverless.yml and latchkey.json have no fault", async () => {
    const { code, stderr } = await run([
      'check',
      '--host',
      'aws',
      '--config',
      'latchkey.json',
      '--template',
      'serverless.yml',
    ])
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^serverless\.yml: 0 faults, /m)])
  })
})

describe('latchkey check --host aws', () => {
  const warningsOf = async (document: Document) => {
    const { code, stdout } = await runHere(['check', '--host', 'aws', '--json', '--config', fileOf(document)])
    expect(code).toBe(0)
    return (JSON.parse(stdout) as { readonly warnings: readonly string[] }).warnings.filter((each) =>
      /answers/.test(each),
    )
  }
  const [APP] = DOCUMENT.credentials as [Document['credentials'][number]]
  const KEPT = [{ stage: 'prod', resultTtlSeconds: 60 }]

  it.each([
    ['nothing where no answer is kept', { apis: [{}] }, []],
    [
      'that simple replies need more in the key',
      { apis: KEPT },
      [
        'every API, stage prod keeps answers for 60 s: an HTTP API with simple responses must have method and path in its identity sources, and in "cachedBy"',
      ],
    ],
    ['nothing more where they have', { apis: [{ ...KEPT[0], cachedBy: ['method', 'path'] }] }, []],
    [
      'that a cookie is kept by all cookies',
      {
        apis: [{ api: 'abc', resultTtlSeconds: 60, cachedBy: ['method', 'path'] }],
        credentials: [{ ...APP, from: [{ cookie: 'session' }] }],
      },
      [
        'API abc keeps answers for 60 s: credential app is a cookie: routes that write are left out of what is kept, and its identity source is the whole Cookie field',
      ],
    ],
    [
      'nothing of two schemes of one header',
      {
        apis: [{ ...KEPT[0], cachedBy: ['method', 'path'] }],
        credentials: [
          {
            ...APP,
            from: [
              { header: 'authorization', scheme: 'bearer' },
              { header: 'authorization', scheme: 'token' },
            ],
          },
        ],
      },
      [],
    ],
    [
      'that keys have limits and addresses of their own',
      {
        apis: [{ ...KEPT[0], cachedBy: ['method', 'path'] }],
        ...{ credentials: [{ kind: 'api-key', peppers: [{ version: 1, secret: 'P' }] }], store: { binding: 'KEYS' } },
      },
      [
        'every API, stage prod keeps answers for 60 s: issued keys with limits or addresses of their own are refused as not-configured; addresses fit with "address" in "cachedBy"',
      ],
    ],
  ] satisfies [string, Partial<Document>, string[]][])('tells of the document alone %s', async (_, more, expected) => {
    expect(await warningsOf({ ...DOCUMENT, ...more })).toEqual(expected)
  })
})
