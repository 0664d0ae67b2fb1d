import type { Trace } from './authorize.ts'
import { authorizer } from './authorize.ts'
import type { HostDefaults, Settings } from './config.ts'
import { settingsOf } from './config.ts'
import type { Document } from './document.ts'
import type { Endpoints } from './endpoints.ts'
import { extractor } from './extract.ts'
import type { Equipment, Equipped } from './kind.ts'
import type { Maybe } from './lib/maybe.ts'
import { after, isLater } from './lib/maybe.ts'
import type { Access, EpochSeconds } from './model/access.ts'
import type { Decision, Denied, Refusal } from './model/decision.ts'
import { isRefusal } from './model/decision.ts'
import type { Defer, Digests, Host, NamedPolicy, Sink } from './model/ports.ts'
import { notice } from './notice.ts'
import { observer } from './observe.ts'
import { credentials } from './policies/credentials.ts'
import { crossSite } from './policies/cross-site.ts'
import { permissions } from './policies/permissions.ts'
import { surface } from './policies/surface.ts'
import { nameOfError } from './readings.ts'
import { routeTable } from './routes.ts'
import type { Snapshot } from './snapshot.ts'
import { snapshots } from './snapshot.ts'

/** What was decided, about which access, by which snapshot. */
export interface Judgement {
  /** The access as it was judged: through trusted proxies, it is not the one that was received. */
  readonly access: Access
  readonly decision: Decision
  /** Undefined where nothing could be judged. */
  readonly snapshot: Snapshot | undefined
}

/** How a host asks for a judgement. */
export interface Question {
  /** Keeps work alive that the reply does not wait for. */
  readonly defer: Defer
  /** Latchkey's own endpoints, where who asks answers them. */
  readonly endpoints?: Endpoints
  readonly trace?: Trace
}

/** A way to read the access that is really meant out of the one that was received. */
export type Reading = (access: Access, snapshot: Snapshot) => Maybe<Access | Refusal>

/** The built authorizer: one document, one host. */
export interface Latchkey {
  readonly settings: Settings
  readonly digests: Digests
  /** Judges a request as the host received it. Never throws: what is unexpected is refused. */
  judge(access: Access, question: Question): Maybe<Judgement>
  /** Judges what `read` finds in a request: what a trusted proxy says about it, or the one that it asks about. */
  judgeWhat(read: Reading, access: Access, question: Question): Maybe<Judgement>
  /** The state that `health` tells: the names of secrets that cannot be read. Does no I/O. */
  failing(): readonly string[]
  /** What the document needs beside the core; undefined where the bundle brings nothing. */
  readonly equipped: Equipped | undefined
  readonly sink: Sink
  /** What decisions are made by at a time; waits only where it must be read. */
  snapshot(at: EpochSeconds, defer: Defer): Maybe<Snapshot>
  /** Reads the secrets before anybody asks, so that what is wrong with them is told at start. Nobody need wait for it. */
  warm(): Maybe<unknown>
}

/** Builds the authorizer of a valid document on a host. Does nothing yet: secrets are read at the first request. */
export function build(document: Document, bare: Host, defaults: HostDefaults, equipment?: Equipment): Latchkey {
  const settings = settingsOf(document, defaults)
  const equipped = equipment?.equip(
    settings,
    bare,
    ({ name }) => latest()?.valuesOf([{ name, until: undefined }], 0) ?? [],
  )
  const host = { ...bare, sink: equipped?.sink ?? bare.sink }
  const { current, latest } = snapshots(settings, host, equipped)
  const observe = observer(settings.log, host.sink)
  const authorize = authorizer({
    settings,
    findMatch: routeTable(settings),
    extract: extractor(settings.credentials.flatMap((credential) => credential.places)),
    policies: policiesOf(settings, equipped?.policies),
    digests: host.digests,
  })

  function judgeWhat(read: Reading, access: Access, question: Question): Maybe<Judgement> {
    const started = host.elapsed()
    const judged = guarded(access, () =>
      after(snapshotFor(access, question), (snapshot) =>
        after(read(access, snapshot), (meant): Maybe<Judgement> => {
          if (isRefusal(meant)) return { access, decision: denied(meant), snapshot }
          return after(authorize(meant, snapshot, question), (decision) => ({ access: meant, decision, snapshot }))
        }),
      ),
    )
    return after(judged, (judgement) => {
      observe(judgement.decision, judgement.access, host.elapsed() - started, question.defer)
      equipped?.recorder?.record(judgement.decision, judgement.access, question.defer)
      return judgement
    })
  }

  /** `live` and `health` wait for no source: they get what is known, and the reading that they began goes on. */
  function snapshotFor({ at, target }: Access, { defer, endpoints }: Question): Maybe<Snapshot> {
    const snapshot = current(at, defer)
    if (!isLater(snapshot) || !endpoints?.isProbe(target)) return snapshot
    return latest() ?? NOTHING_READ
  }

  /** Refusals are values, so what is thrown is a bug or an outage: it is logged by name and refused. */
  function guarded(access: Access, work: () => Maybe<Judgement>): Maybe<Judgement> {
    const failed = (error: unknown): Judgement => {
      notice(host, 'error', `request ${access.requestId} failed closed: ${nameOfError(error)}`)
      return { access, decision: denied({ reason: 'dependency-unavailable' }), snapshot: undefined }
    }
    try {
      const result = work()
      return isLater(result) ? result.catch(failed) : result
    } catch (error) {
      return failed(error)
    }
  }

  return {
    settings,
    digests: host.digests,
    judge: (access, question) => judgeWhat(asReceived, access, question),
    judgeWhat,
    failing: () => latest()?.failing ?? [],
    equipped,
    sink: host.sink,
    snapshot: current,
    // What fails is told to the first request that has to wait.
    warm: () => current(host.now(), () => undefined),
  }
}

/** The snapshot before the first one. What lies under `base` never goes to the origin, so nothing passes by it. */
export const NOTHING_READ: Snapshot = {
  verifiersAt: () => [],
  gapAt: () => 'dependency-unavailable',
  valuesOf: () => [],
  failing: [],
}

const asReceived: Reading = (access) => access

/** A decision about what was matched with nothing. */
export function denied(refusal: Refusal): Denied {
  return { allow: false, refusal, principal: undefined, match: undefined }
}

/** In the order in which their objections are told; what counts quota comes last. */
function policiesOf(settings: Settings, more: readonly NamedPolicy[] = []): readonly NamedPolicy[] {
  return [
    { name: 'cross-site', policy: crossSite(settings.corsOrigins) },
    { name: 'surface', policy: surface() },
    { name: 'credentials', policy: credentials() },
    { name: 'permissions', policy: permissions() },
    ...more,
  ]
}
