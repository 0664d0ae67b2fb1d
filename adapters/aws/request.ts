import type { Settings } from '../../src/config.ts'
import type { ApiDocument } from '../../src/document.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import type { Refusal } from '../../src/model/decision.ts'
import { httpAccess, restAccess } from './access.ts'
import type { Answerer, Form } from './answer.ts'
import type { RequestArn } from './arn.ts'
import { contradicts, isExact, parseArn } from './arn.ts'
import { known } from './event.ts'
import { MOST_IN_A_RESOURCE } from './policy/statements.ts'

/** A request as an event tells it, how it is answered, and what speaks against believing it. */
export interface Told {
  readonly access: Access
  readonly arn: string
  readonly form: Form
  /** Its detail is one of `OBJECTIONS`. */
  readonly objection: Refusal | undefined
  /** What the document says of the API that asks; undefined where it says nothing of any. */
  readonly api: ApiDocument | undefined
  /** Answers, where neither yes or no nor a policy is asked for. */
  readonly answer?: Answerer
}

/** What an event does not tell. */
export interface Deployment {
  readonly settings: Settings
  readonly httpApiReply: 'simple' | 'iam'
  /** Beginning with `/` and not ending with it; empty for none. */
  readonly basePath: string
  readonly at: EpochSeconds
}

/** Reads the request that an event tells of; undefined for an event of no usual kind. */
export function tell(given: unknown, deployment: Deployment): Told | undefined {
  const recognised = known(given)
  if (!recognised) return undefined
  const { kind, event } = recognised
  const { httpApiReply, at } = deployment
  return kind === 'http'
    ? told(event.routeArn, httpApiReply, deployment, (basePath) => httpAccess(event, basePath, at))
    : told(event.methodArn, 'rest', deployment, (basePath) => restAccess(event, basePath, at))
}

/** `read` gets the base path that stands before the API's paths. */
export function told(
  arn: string,
  form: Form,
  { settings, basePath }: Deployment,
  read: (basePath: string) => Access,
): Told {
  const parsed = parseArn(arn)
  const { apis } = settings.document
  const api = apiFor(apis, parsed)
  const access = read(api?.basePath ?? basePath)
  return { access, arn, form, api, objection: stranger(apis, api) ?? ambiguity(access, arn, parsed, form, api) }
}

/** What is said to an API that the document does not know, where it knows any. */
export function stranger(apis: Settings['document']['apis'], api: ApiDocument | undefined): Refusal | undefined {
  return apis && !api ? { reason: 'not-configured', detail: 'other-api' } : undefined
}

/** What the document says of an API and its stage: the first entry that takes them. */
export function apiFor(
  apis: Settings['document']['apis'],
  asking: { readonly api?: unknown; readonly stage?: unknown } | undefined,
): ApiDocument | undefined {
  return apis?.find(
    ({ api = asking?.api, stage = asking?.stage }) => asking && api === asking.api && stage === asking.stage,
  )
}

/** Whether answers to an API are kept for other paths than the one that was asked for. */
export function isForStage({ resultTtlSeconds = 0, cachedBy = [] }: ApiDocument = {}): boolean {
  return resultTtlSeconds > 0 && !(cachedBy.includes('method') && cachedBy.includes('path'))
}

/** Where an event contradicts itself, or where its resource can stand in no policy. */
function ambiguity(
  { method, target }: Access,
  arn: string,
  parsed: RequestArn | undefined,
  form: Form,
  api: ApiDocument | undefined,
): Refusal | undefined {
  if (!parsed || contradicts(parsed, method, target.replace(/\?.*$/s, ''))) {
    return { reason: 'request-ambiguous', detail: 'other-request' }
  }
  // A policy for the whole stage lets a path pass without its name.
  const isNamed = isForStage(api) || (isExact(arn) && arn.length <= MOST_IN_A_RESOURCE)
  return form === 'simple' || isNamed ? undefined : { reason: 'request-ambiguous', detail: 'unnamed' }
}
