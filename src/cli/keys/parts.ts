import { randomBytes } from 'node:crypto'
import { newPepper, PEPPER_SECRET, PEPPER_VERSION, pepperBeside, pepperOfStore } from '../../../adapters/node/pepper.ts'
import type { Settings } from '../../config.ts'
import { settingsOf } from '../../config.ts'
import { nodeDigests } from '../../crypto/node.ts'
import type { Document, PepperDocument } from '../../document.ts'
import { DEFAULT_PREFIXES, keyCredentials, keySettingsOf } from '../../key-settings.ts'
import type { Pepper } from '../../keys/format.ts'
import type { KeyLog } from '../../keys/log.ts'
import { keyLog } from '../../keys/log.ts'
import type { Registry } from '../../keys/registry.ts'
import { registry } from '../../keys/registry.ts'
import { Secret } from '../../lib/secret.ts'
import type { SecretSource, Sink, Store } from '../../model/ports.ts'
import { secretUses } from '../../readings.ts'
import { webhooks } from '../../webhooks.ts'
import { Failure } from '../failure.ts'
import { say, warn } from '../terminal.ts'
import { now } from './times.ts'

/** Where keys are kept, and what they are made under. */
export interface Surroundings {
  /** The store as it was named. */
  readonly text: string
  readonly store: Store
  readonly secrets: SecretSource
  readonly document: Document | undefined
}

export interface Parts {
  readonly registry: Registry
  readonly log: KeyLog
  /** Told of every change: the document's webhooks. */
  readonly sink: Sink
  /** How long before its end a key is told to be near it. */
  readonly nearExpiryDays: number | undefined
}

type ValuesOf = (name: string) => readonly Secret[]

/**
 * The registry of a store by the rules of the document, or by the defaults where there is none. Who makes no secret
 * needs no pepper: an operator without it may look, suspend and revoke.
 */
export async function partsOf(surroundings: Surroundings, makesSecrets: boolean): Promise<Parts> {
  const { store, secrets, document } = surroundings
  const settings = document && settingsOf(document, { transport: 'any' })
  const valuesOf = await valuesIn(secrets, settings)
  const found = settings && keySettingsOf(settings, valuesOf, now())
  const peppers = (await peppersOf(surroundings, settings, valuesOf, makesSecrets)) ?? [UNUSED]
  const log = keyLog({ store, random })
  const sink = settings ? webhooks(settings, NOTICES, ({ name }) => valuesOf(name), { lasting: true, now }) : NOTICES
  return {
    log,
    sink,
    nearExpiryDays: document?.keys?.nearExpiryDays,
    registry: registry({
      ...{ store, digests: nodeDigests(), random, peppers, sink, log },
      prefix: found?.prefix ?? (DEFAULT_PREFIXES[0] as string),
      ...(found && { lifetimes: found.lifetimes, routePermissions: found.routePermissions }),
      ...(found?.encryptionKey !== undefined && { encryptionKey: found.encryptionKey }),
    }),
  }
}

const random = (bytes: number): Uint8Array => randomBytes(bytes)

/** Events are told by the log of each key and by webhooks; here only what an operator should know. */
const NOTICES: Sink = {
  write(event) {
    if (event.type === 'notice') warn(event.message)
  },
}

async function valuesIn(secrets: SecretSource, settings: Settings | undefined): Promise<ValuesOf> {
  const names = settings ? [...secretUses(settings).keys()] : []
  const values = new Map(
    await Promise.all(
      names.map(async (name) => [name, (await secrets.get(name)).map((text) => new Secret(text))] as const),
    ),
  )
  return (name) => values.get(name) ?? []
}

type Peppers = readonly [Pepper, ...Pepper[]]

const PLAIN: PepperDocument = { version: PEPPER_VERSION, secret: PEPPER_SECRET }
/** Stands where no secret is made, so that nothing is ever kept under it. */
const UNUSED: Pepper = { version: PEPPER_VERSION, secret: newPepper() }

/** Those that are set here; the first makes new secrets. Undefined only where none is to be made. */
async function peppersOf(
  { text, store, secrets }: Surroundings,
  settings: Settings | undefined,
  valuesOf: ValuesOf,
  makesSecrets: boolean,
): Promise<Peppers | undefined> {
  const [current = PLAIN, ...others] = (settings && keyCredentials(settings)[0]?.document.peppers) ?? []
  const set = ({ version, secret }: PepperDocument): Pepper[] =>
    valuesOf(secret).map((value) => ({ version: String(version), secret: value.reveal() }))
  const [[first, ...same], older] = [set(current), others.flatMap(set)]
  if (first) return [first, ...same, ...older]
  const isPlain = String(current.version) === PLAIN.version && current.secret === PLAIN.secret
  if (!makesSecrets) {
    const kept = isPlain ? await pepperOfStore(text, secrets) : undefined
    return kept && [kept, ...older]
  }
  if (!isPlain) throw new Failure(`set ${current.secret}: it holds the pepper that keys are made under`)
  const { pepper, made } = await pepperBeside(text, secrets, store)
  if (made !== undefined) say(`made ${made}: the keys count only under it, so keep it, and keep it secret`)
  return [pepper, ...older]
}
