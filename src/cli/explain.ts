import { KINDS } from '../../adapters/node/equipment.ts'
import type { OpenedStore } from '../../adapters/node/stores.ts'
import { openStore } from '../../adapters/node/stores.ts'
import type { Step } from '../authorize.ts'
import type { Question } from '../build.ts'
import { build } from '../build.ts'
import type { Settings } from '../config.ts'
import { nodeDigests } from '../crypto/node.ts'
import type { Document } from '../document.ts'
import { ownEndpoints } from '../endpoints.ts'
import { equipmentOf } from '../equipment.ts'
import { identityHeaders } from '../identity.ts'
import type { Equipment } from '../kind.ts'
import { TOKEN } from '../lib/header-name.ts'
import { isLoopbackHost } from '../lib/host.ts'
import { parseAddress } from '../lib/ip.ts'
import type { Access } from '../model/access.ts'
import type { Decision } from '../model/decision.ts'
import type { NamedPolicy } from '../model/ports.ts'
import { REASONS } from '../model/reason.ts'
import { proxies, throughProxies } from '../proxies.ts'
import { memorySink } from '../sinks/memory.ts'
import { statusOf } from '../status.ts'
import { noteOf, outcomeOf } from '../step.ts'
import { validateText } from '../validate.ts'
import { tellFaults } from './check.ts'
import type { Variables } from './inputs.ts'
import { documentText, INPUT_FLAGS, secretsOf, variablesOf } from './inputs.ts'
import { withPepper } from './serve-keys.ts'
import { paint, print, warn } from './terminal.ts'
import type { Flags, Given } from './usage.ts'
import { given, UsageError } from './usage.ts'

export const EXPLAIN_FLAGS: Flags = {
  ...INPUT_FLAGS,
  store: {
    type: 'string',
    valueHint: 'STORE',
    description: "where issued keys are; else LATCHKEY_STORE, else the document's",
  },
  header: {
    type: 'string',
    alias: 'H',
    multiple: true,
    valueHint: "'name: value'",
    description: 'a header; may be repeated',
  },
  address: { type: 'string', valueHint: 'IP', description: 'the client address; default 127.0.0.1' },
}

/** `latchkey explain METHOD URL`: the decision, and each step that led to it, from the same flow that serves. */
export async function explain(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, EXPLAIN_FLAGS, 2)
  const [method, url] = flags.positionals
  if (method === undefined || url === undefined) throw new UsageError('explain takes METHOD and URL')
  const variables = variablesOf(flags)
  const text = documentText(flags, variables)
  if (text === undefined) throw new UsageError('name the document: --config FILE')
  const result = validateText(text)
  if (!result.ok) return tellFaults(result.faults, flags.is('json'))

  const sink = memorySink()
  const now = () => Date.now() / 1000
  const store = await storeOf(flags, variables, result.document)
  const secrets = store ? withPepper(store.text, secretsOf(flags, variables)) : secretsOf(flags, variables)
  const host = { now, elapsed: () => performance.now(), digests: nodeDigests(), secrets, sink }
  const access = accessOf(method, url, flags.texts('header'), flags.text('address') ?? '127.0.0.1', now())
  const steps: Step[] = []
  const latchkey = build(result.document, host, { transport: 'any' }, equipmentWithout(store?.opened))
  const { settings, digests } = latchkey
  const received = throughProxies(settings, proxies(settings, digests))
  const endpoints = ownEndpoints(
    settings.base,
    undefined,
    latchkey.equipped?.metadata?.paths,
    settings.document.identity && ['identity/jwks.json'],
  )
  const question: Question = { defer: () => undefined, endpoints, trace: (step) => void steps.push(step) }
  const { decision } = await latchkey.judgeWhat(received, access, question)
  store?.opened.close?.()
  for (const event of sink.events) if (event.type === 'notice') warn(event.message)
  print(
    flags.is('json') ? JSON.stringify(asJson(decision, steps, settings), null, 2) : asText(decision, steps, settings),
  )
  return decision.allow ? 0 : 1
}

/** Keys are looked up as on the gate; nothing is counted, and nothing is written. */
function equipmentWithout(store: OpenedStore | undefined): Equipment {
  const limits: NamedPolicy = { name: 'limits', policy: () => undefined }
  return equipmentOf(KINDS, [() => ({ openStore: () => store, limits: () => limits })], undefined)
}

async function storeOf(flags: Given, variables: Variables, document: Document) {
  const named = flags.text('store') ?? (variables['LATCHKEY_STORE'] || undefined)
  const text = named ?? (document.store && (await secretsOf(flags, variables).get(document.store.binding))[0])
  return text === undefined ? undefined : { text, opened: await openStore(text, variables) }
}

function accessOf(method: string, url: string, lines: readonly string[], address: string, at: number): Access {
  const parts = /^(?:(https?):\/\/([^/?#]+)|(?=\/))(.*)$/s.exec(url)
  if (!parts) throw new UsageError('URL is an http or https URL, or a path')
  const [, scheme = 'http', host = 'localhost', target = ''] = parts
  if (!TOKEN.test(method)) throw new UsageError('METHOD is a method such as GET')
  if (!parseAddress(address)) throw new UsageError('--address takes an IP address')
  const fields = lines.map((line): [string, string] => {
    const [, name = '', value = ''] = /^([^:\s]+):\s*(.*?)\s*$/s.exec(line) ?? []
    if (name === '') throw new UsageError("-H takes 'name: value'")
    return [name.toLowerCase(), value]
  })
  return {
    requestId: 'explain',
    at,
    method,
    target: target.startsWith('/') ? target : `/${target}`,
    host,
    scheme: scheme as Access['scheme'],
    clientAddress: address,
    loopback: isLoopbackHost(host),
    header: (name) => fields.flatMap(([each, value]) => (each === name ? [value] : [])),
    headerNames: () => fields.map(([name]) => name),
  }
}

function asJson(decision: Decision, steps: readonly Step[], { refusals }: Settings): unknown {
  const outcome = decision.allow
    ? {
        decision: 'allow',
        reason: null,
        status: 200,
        identity: Object.fromEntries(identityHeaders(decision.principal, 'explain')),
      }
    : {
        decision: 'deny',
        reason: decision.refusal.reason,
        status: statusOf(decision.refusal.reason, refusals),
        identity: null,
      }
  const told = steps.map((step) => ({ step: step.step, outcome: outcomeOf(step), note: noteOf(step) }))
  return { ...outcome, steps: told }
}

function asText(decision: Decision, steps: readonly Step[], { refusals }: Settings): string {
  const lines = steps.map((step) => {
    const mark =
      outcomeOf(step) === 'passed' ? paint('green', 'passed ', process.stdout) : paint('red', 'refused', process.stdout)
    return `${mark}  ${step.step.padEnd(10)}  ${noteOf(step)}`
  })
  if (decision.allow) {
    const who = decision.principal === 'anonymous' ? 'anonymous' : decision.principal.credential
    return [...lines, `${paint('green', 'allow', process.stdout)}  ${who}`].join('\n')
  }
  const { reason } = decision.refusal
  return [
    ...lines,
    `${paint('red', 'deny', process.stdout)}  ${statusOf(reason, refusals)} ${reason}: ${REASONS[reason].title}`,
  ].join('\n')
}
