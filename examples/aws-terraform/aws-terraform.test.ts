import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { validateText } from '../../src/validate.ts'
import type { Block } from '../../test/aws/templates/hcl.ts'
import { blocksOf, Expression, referencesIn } from '../../test/aws/templates/hcl.ts'
import { filesOf } from '../../test/aws/templates/terraform-facts.ts'

/** The module that README.md speaks of. What it shares with others: test/aws/templates.test.ts. */

const HERE = fileURLToPath(new URL('.', import.meta.url))
const files = filesOf(HERE)
const blocks = blocksOf(files)
const of = (type: string, ...labels: string[]) =>
  blocks.filter((each) => each.type === type && labels.every((label, place) => each.labels[place] === label))

test('the document is one', () => {
  expect(validateText(readFileSync(join(HERE, 'latchkey.json'), 'utf8'))).toMatchObject({ ok: true })
})

describe('the module', () => {
  test('declares what it refers to, and refers to what it declares', () => {
    const locals = of('locals').flatMap(({ attributes }) => Object.keys(attributes))
    const declared = [
      ...of('variable').map(({ labels: [name] }) => `var.${name}`),
      ...locals.map((name) => `local.${name}`),
      ...of('data').map(({ labels }) => `data.${labels.join('.')}`),
      ...of('resource').map(({ labels }) => labels.join('.')),
    ]
    expect(new Set(declared).size).toBe(declared.length)
    const referred = referencesIn(Object.values(files).join('\n'))
    expect([...referred].filter((each) => !declared.includes(each))).toEqual([])
    // What is there for its own sake: permissions, policies, alarms, queries.
    const ends =
      /^aws_(lambda_permission|iam_role_policy|cloudwatch_(metric_alarm|log_metric_filter|query_definition))\./
    expect(declared.filter((each) => !referred.has(each) && !ends.test(each))).toEqual([])
  })

  test('says of every variable and output that is not plain by its name what it is', () => {
    const silent = [...of('variable'), ...of('output')].filter(
      ({ attributes }) => attributes['description'] === undefined,
    )
    expect(silent.map(({ labels }) => labels[0])).toEqual(['function_name', 'table_name'])
  })

  test('demands the zip and the document, and nothing else', () => {
    const demanded = of('variable').filter(({ attributes }) => !('default' in attributes))
    expect(demanded.map(({ labels: [name] }) => name)).toEqual(['zip', 'document'])
  })

  test('attaches itself to every API that is named, and lets only that API call', () => {
    const attached = {
      rest_apis: ['aws_api_gateway_authorizer.latchkey', 'aws_lambda_permission.rest'],
      http_apis: ['aws_apigatewayv2_authorizer.latchkey', 'aws_lambda_permission.http'],
    }
    for (const [apis, names] of Object.entries(attached)) {
      for (const name of names) {
        const [resource] = of('resource', ...name.split('.'))
        expect(resource?.attributes['for_each']).toEqual(new Expression(`var.${apis}`))
      }
    }
    for (const { attributes } of of('resource', 'aws_lambda_permission')) {
      expect(attributes['principal']).toBe('apigateway.amazonaws.com')
      expect((attributes['source_arn'] as Expression).text).toMatch(
        /\$\{each\.value\.id\}\/authorizers\/\$\{.+\[each\.key\]\.id\}"$/,
      )
    }
  })

  test('takes the key from what goes to the origin', () => {
    const text = (name: string) => `${(of('output', name)[0]?.attributes['value'] as Expression | undefined)?.text}`
    expect(text('rest_origin_headers')).toContain(
      `{ "integration.request.header.\${local.credential_header}" = "'removed'" }`,
    )
    expect(text('http_origin_headers')).toContain(`{ "remove:header.\${local.credential_header}" = "''" }`)
    expect(text('http_without_identity')).toContain('concat(values(local.identity), [local.credential_header])')
  })

  test('keeps the table from being destroyed', () => {
    const [table] = of('resource', 'aws_dynamodb_table') as [Block]
    expect(table.attributes['deletion_protection_enabled']).toBe(true)
  })

  test('has no provider of its own, as whoever uses it has one', () => {
    expect(of('provider')).toEqual([])
    expect(of('terraform')).toHaveLength(1)
  })
})

/** Terraform without the AWS provider, which cannot be had everywhere: what the module computes by itself. */
describe('Terraform itself', () => {
  let folder: string

  beforeEach((context) => {
    if (spawnSync('terraform', ['version']).error) return context.skip('terraform is not installed')
    folder = mkdtempSync(join(tmpdir(), 'latchkey-terraform-'))
  })

  afterEach(() => {
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  function terraform(...args: readonly string[]): string {
    const env = { PATH: process.env['PATH'], HOME: folder, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1' }
    const { status, stdout, stderr } = spawnSync('terraform', args, { cwd: folder, env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`terraform ${args[0]} ended with ${status}:\n${stdout}${stderr}`)
    return stdout
  }

  test('would write the files as they are written', () => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    expect(terraform('fmt', '-check', '-diff', '.')).toBe('')
  })

  test('computes TTLs, identity sources and headers of the document', () => {
    const values = {
      ttl: '{ for name, api in merge(var.rest_apis, var.http_apis) : name => local.ttl_seconds[api.stage] }',
      rest: '{ for name, api in var.rest_apis : name => join(",", [for key in local.cached_by[api.stage] : local.rest_sources[key]]) }',
      http: '{ for name, api in var.http_apis : name => [for key in local.cached_by[api.stage] : local.http_sources[key]] }',
      refusals: '[for name, refusal in local.rest_refusals : join(" ", [name, refusal.status, refusal.api])]',
    }
    const pure = {
      ...files,
      'values.tf': Object.entries(values)
        .map(([name, value]) => `output "${name}" {\n value = ${value}\n}\n`)
        .join(''),
    }
    for (const [name, text] of Object.entries(pure)) writeFileSync(join(folder, name), withoutProvider(text))
    const documentPath = join(folder, 'latchkey.json')
    const document = JSON.parse(readFileSync(join(HERE, 'latchkey.json'), 'utf8'))
    const apis = [...document.apis, { stage: 'test', resultTtlSeconds: 60, cachedBy: ['path', 'address'] }]
    writeFileSync(documentPath, JSON.stringify({ ...document, apis }))
    writeFileSync(
      join(folder, 'terraform.tfvars.json'),
      JSON.stringify({
        zip: 'none',
        document: documentPath,
        rest_apis: { a: { id: 'a1' }, b: { id: 'b1', stage: 'test' } },
        http_apis: { c: { id: 'c1' } },
      }),
    )
    terraform('init', '-no-color')
    terraform('apply', '-no-color', '-auto-approve')
    const outputs = JSON.parse(terraform('output', '-json')) as Record<string, { value: unknown }>
    const told = (name: string) => outputs[name]?.value
    expect(told('ttl')).toEqual({ a: 300, b: 60, c: 0 })
    expect(told('rest')).toEqual({
      a: 'method.request.header.x-api-key',
      b: 'method.request.header.x-api-key,context.path,context.identity.sourceIp',
    })
    expect(told('http')).toEqual({ c: [] })
    expect(told('refusals')).toHaveLength(8)
    expect(told('rest_origin_headers')).toMatchObject({
      'integration.request.header.X-Latchkey-Request-Id': 'context.authorizer.requestId',
      'integration.request.header.x-api-key': "'removed'",
    })
    expect(told('http_origin_headers')).toMatchObject({
      'overwrite:header.X-Latchkey-Owner': `owner=\${context.authorizer.owner}`,
      'remove:header.x-api-key': "''",
    })
    expect(Object.keys(told('http_without_identity') as object)).toHaveLength(9)
  }, 60_000)
})

/** What is left of a file where nothing of AWS is known: variables, and what is computed of them. */
function withoutProvider(text: string): string {
  const parts = text.split(/^(?=(?:resource|data|terraform|output|locals|variable) )/m)
  const own = /^(?:resource|data|terraform) |aws_|data\.aws/
  return parts.filter((part) => !own.test(part.replace(/#.*/g, ''))).join('')
}
