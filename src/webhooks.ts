import type { Settings } from './config.ts'
import { slotsAt } from './config.ts'
import type { ValuesOf } from './kind.ts'
import type { EpochSeconds } from './model/access.ts'
import type { Sink } from './model/ports.ts'
import { fanOut } from './sinks/fan-out.ts'
import { webhook } from './sinks/webhook.ts'

/** What a host knows of its own processes. */
export interface WebhookHost {
  /** Whether a process lives on after a reply. */
  readonly lasting: boolean
  readonly now: () => EpochSeconds
}

/** The sink of a document: the host's own, and its webhooks. */
export function webhooks(settings: Settings, own: Sink, valuesOf: ValuesOf, { lasting, now }: WebhookHost): Sink {
  const { webhooks: named = [] } = settings.document
  if (named.length === 0) return own
  const hooks = named.map(({ url, secret, types }) =>
    webhook({
      url,
      secret: () => slotsAt(secret, now()).flatMap((slot) => valuesOf(slot).map((value) => value.reveal())),
      realm: settings.realm,
      ...(types && { types }),
      notices: own,
      lasting,
      now,
    }),
  )
  return fanOut([own, ...hooks])
}
