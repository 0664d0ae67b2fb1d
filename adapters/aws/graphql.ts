import type { Judgement } from '../../src/build.ts'
import type { Settings } from '../../src/config.ts'
import type { ApiDocument } from '../../src/document.ts'
import { segmentsOf } from '../../src/lib/path.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import type { Allowed } from '../../src/model/decision.ts'
import type { GraphqlAnswer } from './answer.ts'
import { contextOf, throwWhereNeeded } from './answer.ts'
import { passes, tableFor } from './policy/rules.ts'

/** A route that stands for a field of a type: `/graphql/Mutation/createOrder`. */
const FIELD = /^\/graphql\/([A-Za-z_]\w*)\/([A-Za-z_]\w*)$/

/** Whether a document has routes below `/graphql/` that stand for no field, and so would protect nothing. */
export function hasUntoldFields({ routes }: Settings): boolean {
  return routes.some(({ path }) => path.startsWith('/graphql/') && !FIELD.test(path))
}

/** Translates a judgement for AppSync: yes or no, the fields that the principal does not get, and how long that holds. */
export function answerGraphql(
  { access, decision }: Judgement,
  status: number,
  settings: Settings,
  api: ApiDocument | undefined,
): GraphqlAnswer {
  if (!decision.allow) {
    throwWhereNeeded(decision.refusal, status, 'simple')
    const resolverContext = contextOf('anonymous', access.requestId, decision.refusal.reason)
    return { isAuthorized: false, resolverContext, deniedFields: [], ttlOverride: 0 }
  }
  return {
    isAuthorized: true,
    resolverContext: contextOf(decision.principal, access.requestId),
    deniedFields: deniedFields(decision, settings),
    ttlOverride: ttlOf(decision, access.at, settings, api),
  }
}

function deniedFields({ principal }: Allowed, settings: Settings): string[] {
  const table = tableFor(settings, { principal, hasCookie: false })
  const paths = new Set(settings.routes.map(({ path }) => path))
  return Array.from(paths).flatMap((path) => {
    const [, type, field] = FIELD.exec(path) ?? []
    return type === undefined || passes(table, 'POST', segmentsOf(path)) ? [] : [`${type}.${field}`]
  })
}

/** AppSync keeps an answer for whoever shows the same `Authorization`, whatever else he sends. */
function ttlOf(
  { principal, place }: Allowed,
  at: EpochSeconds,
  settings: Settings,
  api: ApiDocument | undefined,
): number {
  const isKeyed = place?.kind === 'header' && place.name === 'authorization'
  if (principal === 'anonymous' || !isKeyed || principal.constraints) return 0
  const { withinSeconds = Number.POSITIVE_INFINITY } = settings.document.revocation ?? {}
  const left = (principal.expiresAt ?? Number.POSITIVE_INFINITY) - at
  return Math.max(0, Math.floor(Math.min(api?.resultTtlSeconds ?? 0, withinSeconds, left)))
}
