import { fetchNow } from '../lib/fetch-now.ts'
import { isLoopbackHost } from '../lib/host.ts'
import { PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Defer, Sink } from '../model/ports.ts'
import { nameOfError } from '../model/store-error.ts'
import type { Message } from './attempt.ts'
import { GONE } from './attempt.ts'
import { cloudEvent } from './cloud-event.ts'
import { consoleSink } from './console.ts'
import { eventFilter, USUAL_TYPES } from './event-types.ts'
import { fanOut } from './fan-out.ts'
import type { Lane, Means, Receiver } from './lane.ts'
import { lane } from './lane.ts'
import { lossesOf } from './losses.ts'
import { queueOf } from './queue.ts'

/** How long a delivery is tried for: where the process lives on, and within a request's deferred work. */
const LASTING_SECONDS = 3600
const DEFERRED_SECONDS = 25
const FLUSH_MILLISECONDS = 10_000
const MOST_QUEUED = 1000

export interface WebhookOptions {
  /** https, or http on loopback; without a user. */
  readonly url: string
  /**
   * The secrets that sign, newest first: `whsec_` and base64 as Standard Webhooks has it, or plain text. Asked at every
   * attempt; while there are several, each signs.
   */
  readonly secret: () => readonly string[]
  /** The document's realm: what the events are of. */
  readonly realm: string
  /** Types of events, or `key-*`. Default: all but those that may come with every request. */
  readonly types?: readonly string[]
  /** Is told what was not delivered. Must not lead back here. Default: the console. */
  readonly notices?: Sink
  /**
   * Whether this process lives on after a reply, as Node does: then a delivery is tried for an hour, by timers that do not
   * keep the process alive, and `defer` is not asked. Default false: a delivery is tried for 25 seconds, by what `defer`
   * keeps alive.
   */
  readonly lasting?: boolean
  /** For what is written without a `defer` of its own. */
  readonly defer?: Defer
  /** How many events wait at most; one more is lost. Default 1000. */
  readonly maxQueued?: number
  readonly fetch?: typeof fetch
  readonly now?: () => EpochSeconds
  /** Draws from [0, 1), to spread attempts. */
  readonly random?: () => number
  readonly wait?: (milliseconds: number) => Promise<void>
  /** How long an attempt may take. Default 5000. */
  readonly patienceMilliseconds?: number
}

/** Whether a text is the URL of a webhook: https, or http on this machine; `fetch` takes none with a user. */
export function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, host, username, password, hash } = new URL(text)
  if (username !== '' || password !== '' || hash !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(host))
}

/**
 * Sends events to a URL as they happen: CloudEvents 1.0 in structured mode, signed by Standard Webhooks. In no order, and
 * at least once if at all: what waits is held in memory alone. Throws a `TypeError` for another URL.
 */
export function webhook(options: WebhookOptions): Required<Sink> {
  const { url, secret, realm, types = USUAL_TYPES, lasting = false, maxQueued = MOST_QUEUED } = options
  if (!isWebhookUrl(url)) throw new TypeError('the URL of a webhook begins with https:// and names no user')
  const { now = () => Date.now() / 1000, wait = waitLoosely } = options
  const receiver: Receiver = { isGone: false, quietUntil: 0 }
  const means: Means = {
    endpoint: { url, secret, fetch: options.fetch ?? fetchNow },
    receiver,
    now,
    random: options.random ?? Math.random,
    wait,
    patienceMilliseconds: options.patienceMilliseconds ?? PATIENCE_MILLISECONDS,
  }
  const isWanted = eventFilter(types)
  // A path may be the secret of a receiver as much as a query.
  const losses = lossesOf(new URL(url).origin, fanOut([options.notices ?? consoleSink()]), now)
  const queue = queueOf(maxQueued)
  const lanes = new WeakMap<Defer, Lane>()
  let ofProcess = lane(means)

  function laneOf(defer: Defer | undefined): Lane {
    const known = lasting ? ofProcess : defer && lanes.get(defer)
    if (known) return known
    const fresh = lane(means)
    if (defer) lanes.set(defer, fresh)
    return fresh
  }

  async function deliver(message: Message, among: Lane, until: EpochSeconds): Promise<void> {
    const why = await among.deliver(message, until)
    queue.remove(message)
    if (why !== undefined) losses.add(why)
    else losses.tell()
  }

  return {
    write(event, defer = options.defer) {
      if (!isWanted(event)) return
      try {
        const at = now()
        if (receiver.isGone) return losses.add(GONE)
        if (queue.isFull(at)) return losses.add('too many wait')
        const envelope = cloudEvent(event, realm, at)
        const message = { id: envelope.id, body: JSON.stringify(envelope) }
        const until = at + (lasting ? LASTING_SECONDS : DEFERRED_SECONDS)
        const work = deliver(message, laneOf(defer), until)
        queue.add(message, until, work)
        if (!lasting) defer?.(work)
      } catch (error) {
        losses.add(nameOfError(error))
      }
    },
    async flush() {
      const ending = ofProcess
      ofProcess = lane(means)
      ending.finish()
      await Promise.race([Promise.all(queue.works()), wait(FLUSH_MILLISECONDS)])
      if (queue.size() > 0) losses.add('the process ended', queue.size())
      losses.tell()
    },
  }
}

/** Waits by a timer that does not keep a process alive, where timers do. */
function waitLoosely(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, milliseconds)
    ;(timer as { unref?(): void }).unref?.()
  })
}
