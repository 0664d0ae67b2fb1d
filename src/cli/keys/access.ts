import { openStore } from '../../../adapters/node/stores.ts'
import type { Document } from '../../document.ts'
import type { SecretSource } from '../../model/ports.ts'
import { DEPLOYMENT_FLAGS, deployment } from '../deployment.ts'
import { documentGiven } from '../document.ts'
import { Failure } from '../failure.ts'
import { INPUT_FLAGS, secretsOf, variablesOf } from '../inputs.ts'
import type { Flags, Given } from '../usage.ts'
import { UsageError } from '../usage.ts'
import { localKeys } from './local.ts'
import { partsOf } from './parts.ts'
import { remoteKeys } from './remote.ts'
import type { KeyService } from './service.ts'

/** The flags by which every command of `keys` finds the keys. */
export const ACCESS_FLAGS: Flags = {
  store: {
    type: 'string',
    valueHint: 'STORE',
    description: "a store, as sqlite:./keys.db; else LATCHKEY_STORE, else the document's",
  },
  ...DEPLOYMENT_FLAGS,
  ...INPUT_FLAGS,
}

/** The secret that holds the key for a deployment. It is no flag: every process of the machine can read those. */
export const KEY_SECRET = 'LATCHKEY_KEY'

/** Runs a command on the keys that its flags name, and lets go of them at its end. */
export async function withKeys(
  flags: Given,
  work: (keys: KeyService) => Promise<number>,
  { makesSecrets = false }: { readonly makesSecrets?: boolean } = {},
): Promise<number> {
  const keys = await keysOf(flags, makesSecrets)
  try {
    return await work(keys)
  } finally {
    await keys.close()
  }
}

async function keysOf(flags: Given, makesSecrets: boolean): Promise<KeyService> {
  const url = flags.text('url')
  if (url === undefined) return storedKeys(flags, makesSecrets)
  if (flags.text('store') !== undefined) throw new UsageError('--url and --store: only one of them')
  const [token] = await secretsOf(flags, variablesOf(flags)).get(KEY_SECRET)
  if (token === undefined) throw new Failure(`set ${KEY_SECRET} to a key of surface keys`)
  return remoteKeys(deployment(url, token, flags.text('key-header')))
}

async function storedKeys(flags: Given, makesSecrets: boolean): Promise<KeyService> {
  const [variables, document] = [variablesOf(flags), documentGiven(flags)]
  const secrets = secretsOf(flags, variables)
  const text = await storeTextOf(flags, variables, secrets, document)
  const store = await openStore(text, variables)
  try {
    const surroundings = { text, store, secrets, document }
    const parts = await partsOf(surroundings, makesSecrets)
    const close = async () => {
      await parts.sink.flush?.()
      store.close?.()
    }
    return localKeys({ ...parts, store, close })
  } catch (error) {
    store.close?.()
    throw error
  }
}

type Variables = ReturnType<typeof variablesOf>

/** The flag, then the variable, then the variable that the document names. */
async function storeTextOf(
  flags: Given,
  variables: Variables,
  secrets: SecretSource,
  document: Document | undefined,
): Promise<string> {
  const text = flags.text('store') ?? (variables['LATCHKEY_STORE'] || undefined)
  if (text !== undefined) return text
  const binding = document?.store?.binding
  if (binding === undefined) {
    throw new UsageError('name where the keys are: --store sqlite:./keys.db, or --url https://api.example')
  }
  const [bound] = await secrets.get(binding)
  if (bound !== undefined) return bound
  throw new Failure(`the document's store is in ${binding}, which is not set here: set it, or use --store or --url`)
}
