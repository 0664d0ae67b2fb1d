import { prove } from '../../src/authorize.ts'
import type { Judgement, Latchkey } from '../../src/build.ts'
import { denied } from '../../src/build.ts'
import type { Extract } from '../../src/extract.ts'
import { extractor } from '../../src/extract.ts'
import type { Range } from '../../src/lib/ip.ts'
import { isListed } from '../../src/lib/ip.ts'
import { splitTarget } from '../../src/lib/path.ts'
import type { Access } from '../../src/model/access.ts'
import { isRefusal } from '../../src/model/decision.ts'
import type { Digests } from '../../src/model/ports.ts'
import type { Principal } from '../../src/model/principal.ts'
import { STATUSES } from '../../src/model/reason.ts'
import { observer } from '../../src/observe.ts'
import type { PolicyAnswer, SimpleAnswer } from './answer.ts'
import { answer, contextOf, MOST_CHARACTERS, NoAnswer, policyAnswer, throwWhereNeeded } from './answer.ts'
import { isExact, parseArn } from './arn.ts'
import { OBJECTIONS } from './objections.ts'
import { policyLists } from './policy/lists.ts'
import type { Judged } from './policy/rules.ts'
import { isAllowed, MOST_IN_A_RESOURCE, statementsOf } from './policy/statements.ts'
import type { Told } from './request.ts'
import { isForStage } from './request.ts'

/**
 * Answers for an API that keeps answers, or that counts by usage plans. `warn` is told what an operator should change.
 * Rejects with a `NoAnswer` where nothing may be kept.
 */
export type AnswerToKeep = (
  judgement: Judgement,
  status: number,
  told: Told,
  warn: (message: string) => void,
) => Promise<PolicyAnswer | SimpleAnswer>

const NOT_CONFIGURED = 'latchkey: not-configured'
const SIMPLE =
  'a simple reply cannot be kept for other paths: set "cachedBy" to method and path, and the identity sources'
const COUNTED = 'a credential has limits of its own, which a kept answer would not count: set the result TTL to 0'
const BOUND = 'a credential is bound to addresses: set the result TTL to 0, or add the address to the identity sources'
const PREFLIGHT = 'a preflight asked an authorizer whose answers are kept: let API Gateway answer OPTIONS by itself'
const COOKIE = 'a cookie writes, and a kept answer would not look where the page comes from: set the result TTL to 0'
const ONE_PATH = 'no policy can tell what passes here from what does not: the answer that is kept names one path'

const NOBODY: Judged = { principal: 'anonymous', hasCookie: false }

/**
 * What is kept answers requests that nobody judges, so it must be right for each of them: for every route, however long it
 * is kept, whatever address they come from and however many they are. A policy is compiled for the whole stage, and what no
 * policy can say makes it refuse.
 */
export function answerToKeep({ settings, digests, sink }: Latchkey): AnswerToKeep {
  const observe = observer(settings.log, sink)
  const extract = extractor(settings.credentials.flatMap(({ places }) => places))
  const listsFor = policyLists(settings)

  return async (judgement, status, { arn, form, api }, warn) => {
    const { resultTtlSeconds = 0, cachedBy = [], usagePlans = false, greedy = true } = api ?? {}
    const { access, decision } = judgement
    const refusal = decision.allow ? undefined : decision.refusal
    if (refusal) throwWhereNeeded(refusal, status, form)
    const caller = await callerOf(judgement, extract, digests)
    const { principal } = caller
    const planKey = usagePlans && principal !== 'anonymous' ? principal.usagePlanKey : undefined
    const plan = planKey === undefined ? undefined : { usageIdentifierKey: planKey }
    if (resultTtlSeconds === 0) return { ...answer(judgement, status, arn, form), ...plan }
    const objection = objectionTo(principal, cachedBy.includes('address')) ?? objectionToThis(decision, access)
    if (objection !== undefined) return nothing(objection)
    if (!isForStage(api)) return { ...answer(judgement, status, arn, form), ...plan }
    if (form === 'simple') return nothing(SIMPLE)

    // Of an ARN that cannot be read there is a refusal, and no stage that anything could be said of.
    const { prefix = '' } = parseArn(arn) ?? {}
    const bound = principal === 'anonymous' ? undefined : principal.constraints?.addresses
    const who = isKeptOut(access.clientAddress, bound) ? NOBODY : caller
    const context = contextOf(who.principal, access.requestId, refusal?.reason ?? 'permission-missing')
    const mayCall = isKeptOut(access.clientAddress, settings.addresses) ? undefined : who
    for (const lists of listsFor(mayCall, greedy)) {
      const whole = statementsOf(lists, prefix)
      const isSaid = whole !== undefined && isAllowed(whole, arn) === decision.allow
      const beside = decision.allow ? { allow: [arn] } : { deny: [arn] }
      // What no resource can name stands in no policy: it gets what the others get.
      const statements = isSaid || !isExact(arn) ? whole : statementsOf(lists, prefix, beside)
      if (!statements || prefix === '') continue
      if (isExact(arn) && isAllowed(statements, arn) !== decision.allow) continue
      const given = { ...policyAnswer(context, statements), ...plan }
      if (JSON.stringify(given).length > MOST_CHARACTERS) continue
      if (!isSaid && decision.allow) warn(`${decision.match?.pattern}: ${ONE_PATH}`)
      return given
    }
    warn(`${decision.match?.pattern ?? 'no route'}: ${ONE_PATH}`)
    if (arn.length > MOST_IN_A_RESOURCE || !isExact(arn)) return nothing(OBJECTIONS['unnamed'] as string)
    return { ...answer(judgement, status, arn, form), ...plan }

    /** It was decided and told, and is refused all the same: that is told too. */
    function nothing(message: string): never {
      warn(message)
      observe(denied({ reason: 'not-configured', detail: message }), access, 0)
      throw new NoAnswer(NOT_CONFIGURED)
    }
  }
}

/** Who shows a credential, on routes too that ask for none; rejects where that cannot be told now. */
async function callerOf(
  { decision, access, snapshot }: Judgement,
  extract: Extract,
  digests: Digests,
): Promise<Judged> {
  if (decision.allow && decision.principal !== 'anonymous') {
    return { principal: decision.principal, hasCookie: decision.place?.kind === 'cookie' }
  }
  // What was proved and counts no more is nobody's.
  if (!decision.allow && STATUSES[decision.refusal.reason] === 401) return NOBODY
  if (!decision.allow && decision.principal) {
    return { principal: decision.principal, hasCookie: decision.refusal.place?.kind === 'cookie' }
  }
  const credential = extract(access, splitTarget(access.target)?.query)
  if (isRefusal(credential) || !snapshot) return NOBODY
  const proved = await prove(credential, access, snapshot, digests, () => undefined)
  if (!isRefusal(proved)) return { principal: proved, hasCookie: credential.place.kind === 'cookie' }
  if (STATUSES[proved.reason] >= 500) throw new NoAnswer(`latchkey: ${proved.reason}`)
  return NOBODY
}

/** Why nothing that is kept could hold to a principal. */
function objectionTo(principal: Principal | 'anonymous', isKeptByAddress: boolean): string | undefined {
  const { addresses, limits } = (principal !== 'anonymous' && principal.constraints) || {}
  if (limits) return COUNTED
  return addresses && !isKeptByAddress ? BOUND : undefined
}

/** Why what was decided about one request must not be kept for another one to the same path. */
function objectionToThis(decision: Judgement['decision'], { header }: Access): string | undefined {
  if (!decision.allow) return undefined
  const { match, place } = decision
  if (match.passage === 'preflight') return PREFLIGHT
  return place?.kind === 'cookie' && (match.access === 'write' || header('upgrade').length > 0) ? COOKIE : undefined
}

/** Whether some addresses are listed, and one is not among them. */
function isKeptOut(address: string | undefined, listed: readonly Range[] | undefined): boolean {
  return listed !== undefined && !isListed(address, listed)
}
