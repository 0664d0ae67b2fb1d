import { settingsOf } from '../../config.ts'
import type { Document } from '../../document.ts'
import { revocationDelay } from '../../hosts.ts'
import { documentGiven } from '../document.ts'
import { Failure } from '../failure.ts'
import { INPUT_FLAGS } from '../inputs.ts'
import { print } from '../terminal.ts'
import type { Flags } from '../usage.ts'
import { given, UsageError } from '../usage.ts'
import type { ConfiguredGateway, KeyName } from './gateways.ts'
import { gatewayNamed, gatewaysIn, ID_FLAG, idGiven } from './gateways.ts'
import { secretName } from './new.ts'

export const ROTATE_FLAGS: Flags = {
  id: { ...ID_FLAG, description: "the gateway's id; default the document's only one" },
  config: INPUT_FLAGS['config'] as Flags[string],
  'env-file': INPUT_FLAGS['env-file'] as Flags[string],
  json: INPUT_FLAGS['json'] as Flags[string],
}

/** What is to be done, and the commands for it. */
export interface Step {
  readonly what: string
  readonly commands: readonly string[]
}

/** `latchkey gateway-key rotate`: the order of the steps, for the gateway as it is configured. Changes nothing. */
export function rotate(rawArgs: readonly string[]): number {
  const flags = given(rawArgs, ROTATE_FLAGS)
  const id = idGiven(flags)
  const document = documentGiven(flags)
  if (!document) throw new UsageError('the steps are those of a document: --config FILE')
  const gateway = id === undefined ? onlyGateway(document) : gatewayNamed(id, document)
  const steps = stepsOf(gateway, document, flags.text('config'))
  if (flags.is('json')) {
    print(JSON.stringify({ gatewayId: gateway.id, credential: gateway.credential, steps }, null, 2))
    return 0
  }
  print(`new keys for gateway ${gateway.id} of credential ${gateway.credential}; nothing is refused meanwhile:`)
  for (const [place, { what, commands }] of steps.entries()) {
    print(`  ${place + 1}. ${what}`)
    for (const command of commands) print(`       ${command}`)
  }
  return 0
}

function onlyGateway(document: Document): ConfiguredGateway {
  const [gateway, ...others] = gatewaysIn(document)
  if (!gateway) throw new Failure('the document has no gateway: no credential of kind gateway-key')
  if (others.length === 0) return gateway
  throw new UsageError(`name the gateway: --id ${gateway.id}, or one of ${others.map(({ id }) => id).join(', ')}`)
}

/** Tokens move to the secondary key, then the primary one is made anew, and then the other way round. */
function stepsOf(gateway: ConfiguredGateway, document: Document, config: string | undefined): Step[] {
  const { id, primary, secondary } = gateway
  const names = { primary: nameOf(gateway, 'primary'), secondary: nameOf(gateway, 'secondary') }
  const { seconds } = revocationDelay(settingsOf(document, { transport: 'any' }))
  const from = config === undefined ? '' : ` --config ${word(config)}`
  const mint = (which: KeyName) => [
    `latchkey gateway-key mint${from} --id ${word(id)}${which === 'secondary' ? ' --secondary' : ''} --as kubernetes | kubectl apply -f -`,
    'kubectl rollout restart deployment/GATEWAY',
  ]
  const make = (which: KeyName) => [`latchkey gateway-key new --${which}`]
  const idle = (slots: readonly number[]) =>
    `wait until no allowed request has "keyId":"${id}" with "slot":${slots.join(' or ')} in the events`
  const [ofPrimary, ofSecondary] = [places(primary.length, 0), places(Math.max(1, secondary.length), primary.length)]
  return [
    ...(secondary.length === 0
      ? [
          {
            what: `make a secondary key, set it as ${names.secondary} everywhere, and deploy the document with it: "secondary": { "secret": "${names.secondary}" }`,
            commands: make('secondary'),
          },
        ]
      : []),
    {
      what: `give the gateway a token that the secondary key (${names.secondary}) has signed`,
      commands: mint('secondary'),
    },
    { what: idle(ofPrimary), commands: [] },
    {
      what: `make the primary key anew, and set it as ${names.primary} everywhere; what the old one has signed ends within ${seconds} s`,
      commands: make('primary'),
    },
    { what: 'give the gateway a token that the new primary key has signed', commands: mint('primary') },
    { what: idle(ofSecondary), commands: [] },
    { what: `make the secondary key anew, and set it as ${names.secondary} everywhere`, commands: make('secondary') },
  ]
}

function nameOf(gateway: ConfiguredGateway, which: KeyName): string {
  return gateway[which][0]?.name ?? secretName(gateway.id, which)
}

function places(count: number, first: number): number[] {
  return Array.from({ length: count }, (_, place) => first + place)
}

/** A word for a shell, in quotes where it needs them. */
function word(text: string): string {
  return /^[A-Za-z0-9._/=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
