import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TemplateDocument } from '../../../examples/aws-cdk/caching.ts'
import { cachingOf, credentialHeaderOf } from '../../../examples/aws-cdk/caching.ts'
import { allowedBy } from './cloudformation-facts.ts'
import type { Alarm, Cached, Facts, Headers } from './facts.ts'
import { expression, watched, withoutRealm } from './facts.ts'
import type { Block, Value } from './hcl.ts'
import { blocksOf, Expression } from './hcl.ts'

// biome-ignore lint/suspicious/noExplicitAny: whatever a module holds
type Any = any

/** The files of a module, by name. */
export function filesOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.tf'))
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

/**
 * What the module says for stages `prod` of a REST API and `$default` of an HTTP API. What Terraform would compute of a
 * document is held to be written as it was when Terraform itself was seen to compute it; its test has Terraform do so again
 * where that is installed.
 */
export function terraformFacts(files: Readonly<Record<string, string>>, document: TemplateDocument): Facts {
  const blocks = blocksOf(files)
  const locals: Record<string, Value> = Object.assign(
    {},
    ...blocks.filter(({ type }) => type === 'locals').map((each) => each.attributes),
  )
  const all = (type: string) => blocks.filter((each) => each.type === 'resource' && each.labels[0] === type)
  const one = (type: string) => all(type)[0] as Block
  const [authorizer, http] = [one('aws_api_gateway_authorizer'), one('aws_apigatewayv2_authorizer')].map(
    (each) => each.attributes,
  ) as [Any, Any]
  const lambda = one('aws_lambda_function')
  const refusals = locals['refusals'] as Record<string, Any>

  function caching(stage: string, { type, ttl, sources, of, prefixes }: Any): Cached {
    const { ttlSeconds, keys } = cachingOf(document, stage)
    for (const [name, text] of Object.entries(COMPUTED)) same(`local.${name}`, locals[name], text)
    same('the TTL', ttl, 'local.ttl_seconds[each.value.stage]')
    same('the identity sources', sources, of)
    const header = (text: Any) =>
      `${text instanceof Expression ? JSON.parse(text.text) : text}`.replace(
        /\$\{local\.credential_header\}/,
        credentialHeaderOf(document),
      )
    return { stage, kind: type, ttlSeconds, sources: keys.map((key) => header(prefixes[key])) }
  }

  return {
    rest: [
      caching('prod', {
        type: authorizer.type,
        ttl: authorizer.authorizer_result_ttl_in_seconds,
        sources: authorizer.identity_source,
        of: 'join(",", [for key in local.cached_by[each.value.stage] : local.rest_sources[key]])',
        prefixes: locals['rest_sources'],
      }),
    ],
    http: [
      {
        ...caching('$default', {
          type: http.authorizer_type,
          ttl: http.authorizer_result_ttl_in_seconds,
          sources: http.identity_sources,
          of: '[for key in local.cached_by[each.value.stage] : local.http_sources[key]]',
          prefixes: locals['http_sources'],
        }),
        payload: http.authorizer_payload_format_version,
        simple: http.enable_simple_responses,
      },
    ],
    allowed: (one('aws_iam_role_policy').attributes['policy'] as Any).Statement.map(allowedBy),
    table: tableOf(one('aws_dynamodb_table')),
    refusals: Object.fromEntries(
      Object.entries(refusals).map(([type, given]) => {
        const { status, parameters, body } =
          given instanceof Expression ? (locals[given.text.slice('local.'.length)] as Any) : given
        const own = Object.entries<Any>(parameters).map(([name, value]) => [
          name,
          value instanceof Expression ? JSON.parse(value.text) : value,
        ])
        return [
          type,
          { status, headers: withoutRealm({ ...(locals['readable'] as Headers), ...Object.fromEntries(own) }), body },
        ]
      }),
    ),
    restHeaders: [headersOf('rest_origin_headers')],
    httpHeaders: [headersOf('http_origin_headers')],
    alarms: Object.fromEntries(
      all('aws_cloudwatch_metric_alarm').flatMap((each) => alarms(each, locals['reasons'] as Headers)),
    ),
    thrown: all('aws_cloudwatch_log_metric_filter').map(({ attributes }) => attributes['pattern']),
    queries: all('aws_cloudwatch_query_definition').map(({ attributes }) => `${attributes['query_string']}`.trimEnd()),
    retentionDays: one('aws_cloudwatch_log_group').attributes['retention_in_days'],
    function: {
      handler: lambda.attributes['handler'],
      runtime: lambda.attributes['runtime'],
      architecture: (lambda.attributes['architectures'] as readonly string[])[0],
      memory: lambda.attributes['memory_size'],
      timeout: lambda.attributes['timeout'],
    },
    variables: Object.keys(lambda.blocks.find(({ type }) => type === 'environment')?.attributes['variables'] as object),
  }

  /** `{ for field, header in local.identity : "..." => "..." }`, written out. */
  function headersOf(output: string): Headers {
    const { attributes } = blocks.find(({ type, labels }) => type === 'output' && labels[0] === output) as Block
    const loop = /\{ for field, header in local\.identity : "(.*?)" => "(.*?)" \}/.exec(
      (attributes['value'] as Expression).text,
    )
    const [, name = '', value = ''] = loop ?? []
    const entries = Object.entries(locals['identity'] as Headers).map(([field, header]) => {
      const written = (text: string) =>
        text
          .replaceAll('$${', '\0')
          .replace(/\$\{header\}/g, `${header}`)
          .replace(/\$\{field\}/g, field)
          .replaceAll('\0', '${')
      return [written(name), written(value)]
    })
    return Object.fromEntries(entries.sort())
  }
}

const COMPUTED = {
  document: 'jsondecode(file(var.document))',
  credential_headers:
    'distinct(flatten([ for credential in local.document.credentials : [for place in try(credential.from, [{ header = "authorization" }]) : place.header] ]))',
  credential_header: 'one(local.credential_headers)',
  caching:
    '{ for stage in distinct([for api in concat(values(var.rest_apis), values(var.http_apis)) : api.stage]) : stage => [for entry in try(local.document.apis, [{}]) : entry if try(entry.stage, stage) == stage][0] }',
  ttl_seconds: '{ for stage, entry in local.caching : stage => try(entry.resultTtlSeconds, 0) }',
  cached_by:
    '{ for stage, entry in local.caching : stage => local.ttl_seconds[stage] > 0 ? concat(["credential"], try(entry.cachedBy, [])) : [] }',
}

function same(what: string, found: unknown, wanted: string): void {
  const text = found instanceof Expression ? found.text.replace(/\s+/g, ' ') : undefined
  if (text !== wanted)
    throw new Error(`${what} is computed otherwise than it was when Terraform was seen to compute it: ${text}`)
}

function tableOf({ attributes, blocks }: Block): Facts['table'] {
  const each = (label: string) => blocks.find(({ type, labels }) => type === 'dynamic' && labels[0] === label) as Block
  const named = (type: string) => blocks.find((block) => block.type === type)?.attributes
  const orders = each('global_secondary_index').attributes['for_each'] as readonly string[]
  const content = each('global_secondary_index').blocks[0]?.attributes
  return {
    billing: attributes['billing_mode'],
    key: attributes['hash_key'],
    attributes: (each('attribute').attributes['for_each'] as readonly string[]).map((name) => `${name} S`),
    indexes: orders.map((order) => [`by-${order}`, content?.['hash_key'], order, content?.['projection_type']]),
    gone: named('ttl')?.['attribute_name'],
    recovers: named('point_in_time_recovery')?.['enabled'],
  }
}

function alarms({ attributes, blocks }: Block, reasons: Headers): [description: string, alarm: Alarm][] {
  const told = attributes as Any
  const namespace = (value: Any) => (value instanceof Expression ? 'Latchkey' : value)
  const alarm = (watches: readonly string[]): Alarm => ({
    watches: [...watches].sort(),
    threshold: told.threshold,
    comparison: told.comparison_operator,
    periods: told.evaluation_periods,
    missing: told.treat_missing_data,
  })
  if (told.for_each) {
    return Object.entries(reasons).map(([reason, description]) => [
      `${description}`,
      alarm([watched(namespace(told.namespace), told.metric_name, told.statistic, reason)]),
    ])
  }
  if (told.metric_name)
    return [[told.alarm_description, alarm([watched(namespace(told.namespace), told.metric_name, told.statistic)])]]
  const watches = blocks.map(({ attributes: query, blocks: [metric] }) => {
    const of = metric?.attributes as Any
    return of ? watched(namespace(of.namespace), of.metric_name, of.stat) : expression(query['expression'] as string)
  })
  return [[told.alarm_description, alarm(watches)]]
}
