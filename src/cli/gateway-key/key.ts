import { existsSync } from 'node:fs'
import { secretValues } from '../../lib/secret.ts'
import { faultOf, weaknessOf } from '../../readings.ts'
import { Failure } from '../failure.ts'
import { read, secretsOf, variablesOf } from '../inputs.ts'
import { now } from '../keys/times.ts'
import { warn } from '../terminal.ts'
import type { Flags, Given } from '../usage.ts'
import { UsageError } from '../usage.ts'
import type { ConfiguredGateway, KeyName } from './gateways.ts'

/** Where the key is without a document. A flag's value would be seen by every process of the machine. */
export const KEY_VARIABLE = 'LATCHKEY_GATEWAY_KEY'

export const KEY_FLAGS: Flags = {
  'key-file': {
    type: 'string',
    valueHint: 'FILE',
    description: `the file of the key; else the secret that the document names, else ${KEY_VARIABLE}`,
  },
  secondary: { type: 'boolean', description: "sign with the gateway's secondary key; default: the primary one" },
}

/** A key that signs, and where it was found. */
export interface FoundKey {
  readonly text: string
  readonly from: string
}

/** The key that the flags mean. Throws a `Failure`, which never holds it, where there is none or it cannot be one. */
export async function keyGiven(flags: Given, gateway: ConfiguredGateway | undefined): Promise<FoundKey> {
  const found = await find(flags, gateway, flags.is('secondary') ? 'secondary' : 'primary')
  const fault = faultOf(found.text, 'token')
  if (fault) throw new Failure(`the key of ${found.from} ${fault}: base64 without -w0 breaks lines`)
  const weakness = weaknessOf(found.text)
  if (weakness) warn(`the key of ${found.from} ${weakness}; make one with: latchkey gateway-key new`)
  return found
}

async function find(flags: Given, gateway: ConfiguredGateway | undefined, which: KeyName): Promise<FoundKey> {
  const path = flags.text('key-file')
  if (which === 'secondary' && (path !== undefined || !gateway)) {
    throw new UsageError('--secondary is about the two keys of a document: --config FILE, and no --key-file')
  }
  if (path !== undefined) {
    // Not named in the error: somebody may have pasted the key itself.
    if (!existsSync(path)) throw new UsageError('--key-file names a file, and there is none of that name')
    const [text] = secretValues(read(path, '--key-file'))
    if (text === undefined) throw new Failure(`--key-file ${path}: it is empty`)
    return { text, from: path }
  }
  const names = gateway ? slotsNow(gateway[which]) : [KEY_VARIABLE]
  if (names.length === 0) throw new Failure(`the document names no ${which} key of gateway ${gateway?.id} that counts`)
  const secrets = secretsOf(flags, variablesOf(flags))
  for (const name of names) {
    const [text] = await secrets.get(name)
    if (text !== undefined) return { text, from: name }
  }
  throw new Failure(`${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} not set here`)
}

function slotsNow(slots: ConfiguredGateway[KeyName]): string[] {
  const at = now()
  return slots.filter(({ until }) => until === undefined || at < until).map(({ name }) => name)
}
