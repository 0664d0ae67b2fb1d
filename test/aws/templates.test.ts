import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cachingOf, credentialHeaderOf } from '../../examples/aws-cdk/caching.ts'
import { sample } from '../../examples/aws-cdk/synthesised.ts'
import type { Document } from '../../src/document.ts'
import { identityHeaders } from '../../src/identity.ts'
import { validateText } from '../../src/validate.ts'
import { ROOT } from './offline.ts'
import { LONGEST_MILLISECONDS } from './patience.ts'
import type { Resources } from './templates/cloudformation.ts'
import { cloudFormationFacts, tableOf } from './templates/cloudformation-facts.ts'
import type { Facts } from './templates/facts.ts'
import { packaged } from './templates/packaged.ts'
import { samFacts } from './templates/sam-facts.ts'
import { filesOf, terraformFacts } from './templates/terraform-facts.ts'

/**
 * serverless.yml, and the same for the CDK, SAM and Terraform: each agrees with its document on what is kept, and all with
 * one another on everything else.
 */
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

function documentAt(path: string): Document {
  const result = validateText(read(path))
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return result.document
}

interface Deployment {
  readonly document: string
  facts(document: Document): Promise<Facts> | Facts
}

const ofResources = (text: string): { Resources: Resources } => JSON.parse(text)

const DEPLOYMENTS: Readonly<Record<string, Deployment>> = {
  'serverless.yml': {
    document: 'latchkey.json',
    facts: async () => cloudFormationFacts(ofResources(await packaged()).Resources, /^AuthorizerRole$/),
  },
  'aws-cdk': {
    document: 'examples/aws-cdk/latchkey.json',
    facts: (document) => cloudFormationFacts(sample(document)['Resources'] as Resources, /^LatchkeyRole.*Policy/),
  },
  'aws-sam': {
    document: 'examples/aws-sam/latchkey.json',
    facts: () => samFacts(read('examples/aws-sam/template.yaml')),
  },
  'aws-terraform': {
    document: 'examples/aws-terraform/latchkey.json',
    facts: (document) => terraformFacts(filesOf(join(ROOT, 'examples/aws-terraform')), document),
  },
}

/** Several times what a cold start takes. */
const START_MILLISECONDS = 2000

const all = new Map<string, Facts>()

beforeAll(async () => {
  for (const [name, { document, facts }] of Object.entries(DEPLOYMENTS)) {
    all.set(name, await facts(documentAt(document)))
  }
}, 60_000)

const factsOf = (name: string) => all.get(name) as Facts

describe.each(Object.keys(DEPLOYMENTS))('%s', (name) => {
  const document = documentAt((DEPLOYMENTS[name] as Deployment).document)

  test('keeps answers for as long as its document says', () => {
    const { rest, http } = factsOf(name)
    const ttls = [...rest, ...http].map(({ stage, ttlSeconds }) => ({ stage, ttlSeconds }))
    expect(ttls).toEqual(ttls.map(({ stage }) => ({ stage, ttlSeconds: cachingOf(document, stage).ttlSeconds })))
    expect(rest.length > 0 && http.length > 0).toBe(true)
  })

  test('demands an identity source only where answers are kept, and there the credential', () => {
    const { rest, http } = factsOf(name)
    const header = credentialHeaderOf(document)
    for (const { kind, ttlSeconds, sources } of rest) {
      // A TOKEN authorizer is its header.
      if (kind === 'TOKEN') expect(sources).toEqual(['method.request.header.Authorization'])
      else expect(sources).toEqual(ttlSeconds === 0 ? [] : [`method.request.header.${header}`])
    }
    for (const { ttlSeconds, sources } of http) expect({ ttlSeconds, sources }).toEqual({ ttlSeconds: 0, sources: [] })
  })

  test('is asked by REQUEST and payload 2.0, as the bundle tells the form of its answers', () => {
    const { http } = factsOf(name)
    for (const { payload, kind } of http) expect([payload, kind]).toEqual(['2.0', 'REQUEST'])
    expect(http.map(({ simple }) => simple)).toContain(true)
  })

  test('lets the authorizer read keys, count requests and write usage, and nothing else', () => {
    expect(factsOf(name).allowed).toEqual([
      { actions: ['dynamodb:GetItem'], on: 'table', families: undefined },
      { actions: ['dynamodb:PutItem'], on: 'table', families: ['usage:*', 'used:*', 'log:*'] },
      { actions: ['dynamodb:UpdateItem'], on: 'table', families: ['counter:*'] },
      { actions: ['ssm:GetParameters'], on: 'parameters', families: undefined },
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], on: 'log', families: undefined },
    ])
  })

  test('lets a call end by itself: it waits, its start waits, and API Gateway gives up at 10 s', () => {
    const milliseconds = Number(factsOf(name).function.timeout) * 1000
    expect(milliseconds).toBeGreaterThanOrEqual(LONGEST_MILLISECONDS + START_MILLISECONDS)
    expect(milliseconds).toBeLessThanOrEqual(10_000)
  })

  test('makes the table that the store wants', () => {
    const wanted = tableOf(JSON.parse(read('migrations/dynamodb/table.json')))
    expect(factsOf(name).table).toEqual({ ...wanted, gone: 'gone', recovers: true })
  })

  test('tells the origin who called in the place of all that the client said of it', () => {
    const { restHeaders, httpHeaders } = factsOf(name)
    const fields = identityHeaders('anonymous', '').map(([header]) => header)
    const field = (header: string) =>
      header
        .slice('X-Latchkey-'.length)
        .replace(/^./, (first) => first.toLowerCase())
        .replace(/-./, (dash) => dash.slice(1))
    const rest = fields.map((each) => [`integration.request.header.${each}`, `context.authorizer.${field(each)}`])
    const http = fields.map((each) => [
      `overwrite:header.${each}`,
      `${field(each)}=\${context.authorizer.${field(each)}}`,
    ])
    expect(restHeaders.length > 0 && httpHeaders.length > 0).toBe(true)
    for (const headers of restHeaders) expect(headers).toEqual(Object.fromEntries(rest))
    for (const headers of httpHeaders) expect(headers).toEqual(Object.fromEntries(http))
  })

  test.each(['refusals', 'alarms', 'thrown', 'queries', 'retentionDays', 'function'] as const)(
    'has the %s of the others',
    (fact) => {
      expect(factsOf(name)[fact]).toEqual(factsOf('aws-sam')[fact])
    },
  )

  test('names the table, the place of the secrets and the metrics', () => {
    expect(factsOf(name).variables).toEqual(
      expect.arrayContaining(['KEYS', 'LATCHKEY_SECRETS', 'LATCHKEY_AWS_METRICS']),
    )
  })
})

describe('latchkey check --host aws --template', () => {
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-templates-'))
    writeFileSync(join(folder, 'packaged.json'), await packaged())
    writeFileSync(
      join(folder, 'synthesised.json'),
      JSON.stringify(sample(documentAt('examples/aws-cdk/latchkey.json'))),
    )
  }, 60_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** The health route of the sample shows that a public one passes, and its HTTP API cannot take a bearer token away. */
  const SAMPLE = ['public-asked', 'token-stays']

  test.each([
    ['serverless.yml', 'latchkey.json', () => 'serverless.yml', SAMPLE],
    ['what osls makes of it', 'latchkey.json', () => join(folder, 'packaged.json'), SAMPLE],
    ['what the CDK makes', 'examples/aws-cdk/latchkey.json', () => join(folder, 'synthesised.json'), []],
    ['template.yaml of SAM', 'examples/aws-sam/latchkey.json', () => 'examples/aws-sam/template.yaml', []],
  ])('finds no fault in %s', async (_, document, template, codes) => {
    const args = ['src/cli/main.ts', 'check', '--host', 'aws', '--config', document, '--template', template(), '--json']
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT })
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { code: string }[] }
    expect({ ok, codes: findings.map(({ code }) => code) }).toEqual({ ok: true, codes })
  })
})

test('the three examples are about the same document', () => {
  const [first, ...others] = ['cdk', 'sam', 'terraform'].map((each) => read(`examples/aws-${each}/latchkey.json`))
  for (const other of others) expect(other).toBe(first)
})

test('rings where something is wrong, and says what', () => {
  const alarms = Object.values(factsOf('aws-sam').alarms)
  expect(alarms.flatMap(({ watches }) => watches).sort()).toEqual([
    'ANOMALY_DETECTION_BAND(it, 4)',
    'AWS/Lambda Duration Maximum',
    'AWS/Lambda Errors Sum',
    'AWS/Lambda Throttles Sum',
    'Latchkey Refused Sum',
    'Latchkey Refused Sum dependency-unavailable',
    'Latchkey Refused Sum not-configured',
    'Latchkey Thrown Sum',
    'errors - FILL(thrown, 0)',
  ])
  for (const { missing } of alarms) expect(missing).toBe('notBreaching')
})
