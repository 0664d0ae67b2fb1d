import type { Latchkey } from '../../src/build.ts'
import type { Settings } from '../../src/config.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { Parts } from '../../src/equipment.ts'
import { equipmentOf } from '../../src/equipment.ts'
import { madeOnce } from '../../src/lib/made-once.ts'
import type { GivenDocument } from '../../src/load.ts'
import { load } from '../../src/load.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import type { Host, SecretSource, Sink } from '../../src/model/ports.ts'
import { nameOfError } from '../../src/model/store-error.ts'
import { notice, onceWarned } from '../../src/notice.ts'
import { resourceMetadata } from '../../src/resource-metadata.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import type { Variables } from '../../src/stores/opening.ts'
import type { LambdaKind } from './api-key.ts'
import { secretsOf } from './secrets.ts'
import { sinkOf } from './sink.ts'
import { milliseconds } from './stopwatch.ts'
import type { WholeRequest } from './whole-event.ts'
import { accessOf } from './whole-request.ts'

/** What a function is made of that whole requests come to. */
export interface HostedOptions {
  /** The document, or what `latchkey check --emit` made of it. A variable `LATCHKEY_CONFIG` goes before it. */
  readonly document?: GivenDocument | undefined
  /** The kinds of credential beside static tokens: `[apiKey]`. A document that has another one is faulty. */
  readonly verifiers?: readonly LambdaKind[]
  /** As of `authorizer`. Default: the variable `LATCHKEY_AWS_BASE_PATH`, else none. */
  readonly basePath?: string
  /** Default: the function's environment, and what lies where it says. */
  readonly secrets?: SecretSource
  /** Default: JSON lines on the console, which CloudWatch reads, as metrics too where `LATCHKEY_AWS_METRICS` says so. */
  readonly sink?: Sink
  /** The clock, in epoch seconds. */
  readonly now?: () => EpochSeconds
}

/** A function that clients speak to, made of a document once, at the first request. */
export interface Hosted<Made> {
  /** What failed is tried again by the next request. */
  made(): Promise<Made>
  access(request: WholeRequest, settings: Settings): Access
  now(): EpochSeconds
  /** Tells the operator each thing once: a client can repeat what it does as often as it likes. */
  warn(message: string): void
  /** Tells the operator that something went wrong that nothing was known of. */
  failed(error: unknown): void
}

/** `parts`: what this function has beside its kinds of credential. */
export function hosted<Made>(
  options: HostedOptions,
  make: (latchkey: Latchkey) => Made,
  parts: readonly ((variables: Variables, host: Host) => Parts)[] = [],
): Hosted<Made> {
  const variables = process.env
  const now = options.now ?? (() => Date.now() / 1000)
  const sink = options.sink ?? consoleSink()
  const basePath = options.basePath ?? variables['LATCHKEY_AWS_BASE_PATH'] ?? ''
  const warn = onceWarned({ sink })

  async function build(): Promise<Made> {
    const sink = options.sink ?? (await sinkOf(variables))
    const { document, verifiers = [], secrets = await secretsOf(variables, sink) } = options
    const host: Host = { now, elapsed: milliseconds, digests: nodeDigests(), secrets, sink }
    const text = variables['LATCHKEY_CONFIG'] || undefined
    const equipment = equipmentOf(verifiers.map(speaking), parts, variables)
    const latchkey = await load({ text, document }, host, { transport: 'any' }, equipment)
    if (variables['LATCHKEY_AUTH']) warn('LATCHKEY_AUTH is ignored here')
    return make(latchkey)
  }

  return {
    made: madeOnce(build),
    access: (request, settings) => accessOf(request, settings, basePath, now()),
    now,
    warn,
    failed: (error) => notice({ sink }, 'error', `a request failed closed: ${nameOfError(error)}`),
  }
}

/** A kind as it is where clients are spoken to, which an authorizer does not do. */
function speaking(kind: LambdaKind): LambdaKind {
  return { ...kind, metadata: resourceMetadata }
}
