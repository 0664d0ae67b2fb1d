import type { Judgement, Latchkey, Question } from './build.ts'
import { denied, NOTHING_READ } from './build.ts'
import type { HostDefaults } from './config.ts'
import { settingsOf } from './config.ts'
import type { Endpoints } from './endpoints.ts'
import { splitTarget } from './lib/path.ts'
import type { Access } from './model/access.ts'
import type { Host } from './model/ports.ts'
import { notice } from './notice.ts'
import { observer } from './observe.ts'
import type { Fault, Validation } from './validate.ts'

/** A document that nobody has checked. */
interface Unchecked {
  readonly text?: string | undefined
  readonly document?: object | undefined
}

/** Tells an operator what is wrong with his document. */
function logFaults(faults: readonly Fault[], host: Host): void {
  for (const { pointer, message } of faults) {
    notice(host, 'error', `configuration fault at ${pointer || '/'}: ${message}`)
  }
}

/**
 * An authorizer without a usable document: everything is refused with `not-configured`, but for `live` where Latchkey
 * itself answers it. The faults are logged.
 */
export function faulty(faults: readonly Fault[], host: Host, defaults: HostDefaults): Latchkey {
  logFaults(faults, host)
  const settings = settingsOf({ credentials: [], routes: [] }, defaults)
  const observe = observer(settings.log, host.sink)

  function judge(access: Access, { endpoints }: Question): Judgement {
    const judgement: Judgement = { access, decision: decisionOn(access, endpoints), snapshot: undefined }
    observe(judgement.decision, access, 0)
    return judgement
  }
  return {
    settings,
    digests: host.digests,
    judge,
    judgeWhat: (_, access, question) => judge(access, question),
    failing: () => [],
    equipped: undefined,
    sink: host.sink,
    snapshot: () => NOTHING_READ,
    warm: () => undefined,
  }
}

function decisionOn({ target, method }: Access, endpoints: Endpoints | undefined): Judgement['decision'] {
  const parts = splitTarget(target)
  const match = parts && endpoints?.match(parts, method, false)
  if (match?.endpoint === 'live') return { allow: true, principal: 'anonymous', match, place: undefined }
  return denied({ reason: 'not-configured' })
}

/** Validates a document that has no stamp: a text, or else an object, which may have the stamp of another one. */
export async function validation({ text, document }: Unchecked): Promise<Validation> {
  if (text === undefined && document === undefined) {
    return { ok: false, faults: [{ pointer: '', message: 'a document: bundle one, or set LATCHKEY_CONFIG' }] }
  }
  const { validate, validateText } = await import('./validate.ts')
  if (text !== undefined) return validateText(text)
  return validate(document && 'document' in document ? document.document : document)
}

/** What keeps a document from being used: a valid one needs more than its bundle has. */
export function faultsOf(result: Validation): readonly Fault[] {
  return result.ok ? [{ pointer: '/credentials', message: 'what the entry file names' }] : result.faults
}
