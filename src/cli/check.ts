import { writeFileSync } from 'node:fs'
import { stamp } from '../checked.ts'
import type { Settings } from '../config.ts'
import { settingsOf } from '../config.ts'
import type { Document } from '../document.ts'
import type { HostName } from '../hosts.ts'
import { BESIDE_THE_AUTHORIZER, HOSTS, ignoredKeys } from '../hosts.ts'
import { inRange, parseAddress } from '../lib/ip.ts'
import type { SecretSource } from '../model/ports.ts'
import { proxySettings } from '../proxies.ts'
import { faultOf, secretUses, weaknessOf } from '../readings.ts'
import type { Fault, Validation } from '../validate.ts'
import { validate, validateText } from '../validate.ts'
import { awsWarnings } from './aws/document-warnings.ts'
import type { HeldTemplate } from './aws/template-report.ts'
import type { Variables } from './inputs.ts'
import { documentText, INPUT_FLAGS, secretsOf, variablesOf } from './inputs.ts'
import { jwtWarnings, keyFaults } from './jwt-report.ts'
import { checkLimits } from './limits-check.ts'
import { reportOf, reportText } from './report.ts'
import { withPepper } from './serve-keys.ts'
import { withStoreKind } from './store-kind.ts'
import { complain, print, say, warn } from './terminal.ts'
import { unreachable } from './unreachable.ts'
import type { Flags, Given } from './usage.ts'
import { given, UsageError } from './usage.ts'
import type { HeldProject } from './vercel/project-report.ts'

export const CHECK_FLAGS: Flags = {
  ...INPUT_FLAGS,
  store: {
    type: 'string',
    valueHint: 'STORE',
    description: "where issued keys are; else LATCHKEY_STORE, else the document's",
  },
  host: {
    type: 'string',
    valueHint: HOSTS.join('|'),
    description: 'the host that the document is meant for; default node',
  },
  template: {
    type: 'string',
    valueHint: 'FILE',
    description: 'with --host aws: hold a serverless.yml, SAM or CloudFormation template against the document',
  },
  project: {
    type: 'string',
    valueHint: 'DIR',
    description: 'with --host vercel: hold a project against the document; default this folder, where it is one',
  },
  emit: {
    type: 'string',
    valueHint: 'FILE',
    description: 'write the checked document, for a bundle without the validator',
  },
}

/** `latchkey check`: validates a document and says what it means. */
export async function check(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, CHECK_FLAGS)
  const variables = variablesOf(flags)
  const text = documentText(flags, variables)
  if (text === undefined) throw new UsageError('name the document: --config FILE')
  const host = hostOf(flags.text('host') ?? 'node')
  const template = flags.text('template')
  if (template !== undefined && host !== 'aws') throw new UsageError('--template goes with --host aws')
  const project = flags.text('project')
  if (project !== undefined && host !== 'vercel') throw new UsageError('--project goes with --host vercel')
  const result = await withStore(validateText(text), host, flags, variables)
  if (!result.ok) return tellFaults(result.faults, flags.is('json'))

  const { document } = result
  const limits = checkLimits(document, host)
  if (limits.faults.length > 0) return tellFaults(limits.faults, flags.is('json'))
  const settings = settingsOf(document, { transport: host === 'cloudflare' || host === 'vercel' ? 'https' : 'any' })
  const secretFaults =
    host === 'node' ? await checkSecrets(settings, await secretsFor(document, flags, variables)) : NOTHING
  const warnings = [
    ...warningsOf(document, settings, host),
    ...jwtWarnings(settings),
    ...limits.warnings,
    ...secretFaults.warnings,
    ...(host === 'aws' ? awsWarnings(settings) : []),
  ]
  const report = reportOf(settings, host)
  const held = template === undefined ? undefined : await holdTemplate(template, settings)
  const heldProject = host === 'vercel' ? await holdProject(project, settings) : undefined
  const ok = secretFaults.faults.length === 0 && held?.ok !== false && heldProject?.ok !== false
  if (flags.is('json')) {
    const findings = held && { findings: held.findings }
    const ofProject = heldProject && { findings: heldProject.findings, matcher: heldProject.matcher }
    const told = { ok, host, ...report, faults: secretFaults.faults, warnings, ...findings, ...ofProject }
    print(JSON.stringify(told, null, 2))
  } else {
    print(reportText(report))
    for (const warning of warnings) warn(warning)
    for (const fault of secretFaults.faults) complain(fault)
    held?.tell()
    heldProject?.tell()
  }
  if (host === 'vercel' && !heldProject) say(NO_PROJECT)
  if (!ok) return 1
  const path = flags.text('emit')
  if (path !== undefined) {
    writeFileSync(path, `${JSON.stringify(stamp(document))}\n`)
    say(`wrote ${path}`)
  }
  return 0
}

/** What reads templates is loaded for those who have one. */
async function holdTemplate(path: string, settings: Settings): Promise<HeldTemplate> {
  const { heldTemplate } = await import('./aws/template-report.ts')
  return heldTemplate(path, settings)
}

const NO_PROJECT = 'no project was looked at, only the document: name its folder by --project'

/** And so is what reads projects. */
async function holdProject(folder: string | undefined, settings: Settings): Promise<HeldProject | undefined> {
  const { heldProject } = await import('./vercel/project-report.ts')
  return heldProject(folder, settings)
}

/** Where the store is known here, what it is counts: for the revocation delay, and so for a budget. */
async function withStore(result: Validation, host: HostName, flags: Given, variables: Variables): Promise<Validation> {
  if (!result.ok || host !== 'node') return result
  const { document } = result
  const told = withStoreKind(document, await storeTextFor(document, flags, variables))
  return told === document ? result : validate(told)
}

const NOTHING = { faults: [], warnings: [] }

/** A pepper beside the store counts as set. */
async function secretsFor(document: Document, flags: Given, variables: Variables): Promise<SecretSource> {
  const text = await storeTextFor(document, flags, variables)
  const secrets = secretsOf(flags, variables)
  return text === undefined ? secrets : withPepper(text, secrets)
}

/** The flag, then the variable, then what the document's binding holds here. */
async function storeTextFor({ store }: Document, flags: Given, variables: Variables): Promise<string | undefined> {
  const named = flags.text('store') ?? (variables['LATCHKEY_STORE'] || undefined)
  return named ?? (store && (await secretsOf(flags, variables).get(store.binding))[0])
}

/** Tells every fault at once. */
export function tellFaults(faults: readonly Fault[], json: boolean): number {
  if (json) print(JSON.stringify({ ok: false, faults }, null, 2))
  else {
    complain(
      `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} in the configuration; at each place, what is allowed there:`,
    )
    for (const { pointer, message } of faults) say(`  ${pointer || '/'}  ${message}`)
  }
  return 1
}

function hostOf(text: string): HostName {
  const host = HOSTS.find((name) => name === text)
  if (!host) throw new UsageError(`--host takes ${HOSTS.join(', ')}`)
  return host
}

/** The values themselves, where they can be looked at: never printed, only judged. */
async function checkSecrets(
  settings: Settings,
  secrets: SecretSource,
): Promise<{ faults: string[]; warnings: string[] }> {
  const faults: string[] = []
  const warnings: string[] = []
  const unset = new Set<string>()
  for (const [name, use] of secretUses(settings)) {
    const values = await secrets.get(name)
    if (values.length === 0) unset.add(name)
    for (const value of values) {
      const fault = faultOf(value, use)
      if (fault) faults.push(`secret ${name} ${fault}`)
      const weakness = use !== 'header' && !fault ? weaknessOf(value) : undefined
      const made = use === 'token' ? 'latchkey token' : 'latchkey pepper'
      if (weakness) warnings.push(`secret ${name} ${weakness}; make one with: ${made}`)
    }
  }
  for (const name of unset) warnings.push(`secret ${name} is not set here`)
  for (const { name, slots } of settings.credentials) {
    if (slots.length === 0 || !slots.every((slot) => unset.has(slot.name))) continue
    warnings.push(`credential ${name} has no value here; where that is so, its tokens are answered 503 not-configured`)
  }
  return { faults: [...faults, ...(await keyFaults(settings, secrets))], warnings }
}

const READERS = { administration: 'the administration', guard: 'a guard' } as const

function warningsOf(document: Document, settings: Settings, host: HostName): string[] {
  const warnings = ignoredKeys(document, host).map((key) => {
    const readers = (host === 'aws' && BESIDE_THE_AUTHORIZER[key]) || []
    const but = readers.length === 0 ? '' : `, but by ${readers.map((reader) => READERS[reader]).join(' and by ')}`
    return `"${key}" is ignored on ${host}${but}`
  })
  const loopback = parseAddress('127.0.0.1')
  const proxies = proxySettings(settings)
  if (proxies?.addresses?.some((range) => loopback && inRange(loopback, range)) && !proxies.secret) {
    warnings.push('"proxies" lists loopback without a secret: every process on the machine may say who the client is')
  }
  const places = new Set(settings.credentials.flatMap((credential) => credential.places))
  if (host === 'aws' && (places.size > 1 || settings.addresses)) {
    warnings.push(
      'a TOKEN authorizer refuses this document, as it sees one header and no address: use a REQUEST authorizer',
    )
  }
  warnings.push(...keyWarnings(document, settings))
  for (const { route, behind } of unreachable(settings.routes)) {
    warnings.push(`route ${route.path} never matches: ${behind.path} stands before it, and the first match wins`)
  }
  return warnings
}

/** What to know of issued keys, and of what opens their administration. */
function keyWarnings({ store, origin }: Document, settings: Settings): string[] {
  const warnings: string[] = []
  const hasKeys = settings.credentials.some(({ kind }) => kind === 'api-key')
  for (const { kind, name, surface } of settings.credentials) {
    if (kind !== 'static-token' || surface !== 'keys') continue
    warnings.push(`credential ${name} opens the administration of keys: once a key of surface keys is made, remove it`)
  }
  if (hasKeys && store?.kind === 'cloudflare-kv') {
    warnings.push(
      'of two administrators who write to Workers KV at once the later one wins: with more than one, use D1',
    )
  }
  if (hasKeys && store?.kind === 'global-config') {
    warnings.push('Global Config is read only: keys are written there by its own tools, and no usage is kept')
  }
  const shown = Object.keys((typeof origin === 'object' && origin.headers) || {}).map((name) => name.toLowerCase())
  if (shown.includes('authorization') && settings.routes.some((route) => route.public)) {
    warnings.push('"origin" sends its own authorization on public routes too: there everybody calls by its token')
  }
  return warnings
}
