import { createHmac } from 'node:crypto'
import type { ExpiryForm } from '../../lib/gateway-token.ts'
import { compactExpiry, stringToSign } from '../../lib/gateway-token.ts'
import type { EpochSeconds } from '../../model/access.ts'
import { documentGiven } from '../document.ts'
import { Failure } from '../failure.ts'
import { INPUT_FLAGS } from '../inputs.ts'
import { oneOf } from '../keys/draft-flags.ts'
import { endGiven } from '../keys/durations.ts'
import { now, shortTime } from '../keys/times.ts'
import { print, say } from '../terminal.ts'
import type { Flags, Given } from '../usage.ts'
import { given, UsageError } from '../usage.ts'
import type { ConfiguredGateway } from './gateways.ts'
import { gatewayNamed, ID_FLAG, idGiven } from './gateways.ts'
import { KEY_FLAGS, keyGiven } from './key.ts'
import { KUBERNETES_FLAGS, manifestOf, yamlOf } from './kubernetes.ts'

const SHAPES = ['token', 'env', 'kubernetes'] as const
const FORMS = ['round-trip', 'compact'] as const
const DEFAULT_LIFE = '30d'
const MOST_SECONDS = 30 * 86_400
/** The last minute of which the year has four digits. */
const LAST_MINUTE = 253_402_300_740

export const MINT_FLAGS: Flags = {
  id: ID_FLAG,
  expires: {
    type: 'string',
    valueHint: 'WHEN',
    description: `when it ends, to the minute: 12h, 2027-01-31, a time; default ${DEFAULT_LIFE}, which is the most`,
  },
  long: { type: 'boolean', description: 'let it count for more than 30 days' },
  ...KEY_FLAGS,
  as: {
    type: 'string',
    valueHint: SHAPES.join('|'),
    description: "the token alone, a line of the gateway's env.conf, or a Secret; default token",
  },
  form: {
    type: 'string',
    valueHint: FORMS.join('|'),
    description: "how the expiry is signed; default the document's, else round-trip",
  },
  ...KUBERNETES_FLAGS,
  ...INPUT_FLAGS,
}

/** `latchkey gateway-key mint`: the token goes to stdout, once, and what it is to stderr. */
export async function mint(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, MINT_FLAGS)
  const id = idGiven(flags)
  if (id === undefined) throw new UsageError('name the gateway: --id gw1')
  const shape = oneOf('as', flags.text('as'), SHAPES) ?? 'token'
  if (shape !== 'kubernetes' && Object.keys(KUBERNETES_FLAGS).some((flag) => flags.text(flag) !== undefined)) {
    throw new UsageError('--secret-name, --secret-key and --namespace go with --as kubernetes')
  }
  if (shape === 'env' && flags.is('json')) throw new UsageError('--json goes with --as token or kubernetes')
  const end = endOf(flags)
  const document = documentGiven(flags)
  const gateway = document && gatewayNamed(id, document)
  const form = formOf(flags, gateway)
  const key = await keyGiven(flags, gateway)

  const expiry = compactExpiry(end)
  const signature = createHmac('sha512', key.text)
    .update(stringToSign(id, expiry, form))
    .digest('base64')
  const token = `${id}&${expiry}&${signature}`
  const until = `${new Date(end * 1000).toISOString().slice(0, 16)}:00Z`
  say(`a token of gateway ${id} until ${shortTime(until)} UTC, signed by ${key.from}, told only now:`)
  print(written(shape, { flags, id, token, until }))
  if (shape === 'token') say('it is sent as: Authorization: GatewayKey TOKEN')
  return 0
}

interface Minted {
  readonly flags: Given
  readonly id: string
  readonly token: string
  /** RFC 3339. */
  readonly until: string
}

function written(shape: (typeof SHAPES)[number], { flags, id, token, until }: Minted): string {
  const authorization = `GatewayKey ${token}`
  if (shape === 'env') return `config.service.auth=${authorization}`
  if (shape === 'kubernetes') {
    const manifest = manifestOf(flags, id, authorization, until)
    return flags.is('json') ? JSON.stringify(manifest, null, 2) : yamlOf(manifest)
  }
  return flags.is('json') ? JSON.stringify({ token, gatewayId: id, expiresAt: until }) : token
}

/** The first instant of the minute that the token names: seconds are dropped, as Azure does. */
function endOf(flags: Given): EpochSeconds {
  const at = now()
  const asked = endGiven('expires', flags.text('expires') ?? DEFAULT_LIFE, at)
  if (asked === 'never') throw new UsageError('--expires: every gateway token ends')
  const end = Math.floor(asked / 60) * 60
  if (end <= at) throw new UsageError('--expires is over, or less than a minute ahead')
  if (asked > at + MOST_SECONDS && !flags.is('long')) {
    throw new UsageError(
      '--expires is more than 30 days ahead, the most that Azure signs for; if that is meant, add --long',
    )
  }
  if (end > LAST_MINUTE) throw new UsageError('--expires is in a year of more than four digits')
  return end
}

/** A form that the document does not take would be signed for nothing. */
function formOf(flags: Given, gateway: ConfiguredGateway | undefined): ExpiryForm {
  const { stringToSign: taken = 'either', credential } = gateway ?? {}
  const form = oneOf('form', flags.text('form'), FORMS)
  if (taken === 'either') return form ?? 'round-trip'
  if (form === undefined || form === taken) return taken
  throw new Failure(`credential ${credential} takes the ${taken} form only: leave out --form ${form}`)
}
