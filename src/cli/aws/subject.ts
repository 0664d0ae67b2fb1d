import type { Settings } from '../../config.ts'
import type { Entry } from './entries.ts'
import { entriesFor } from './entries.ts'
import type { Api, Authorizer, Model, Source } from './model.ts'
import { UNKNOWN } from './templates/tree.ts'
import type { Traffic } from './traffic.ts'
import { trafficOf } from './traffic.ts'

/** A document and a template that are held against each other. */
export interface Subject {
  readonly settings: Settings
  readonly apis: readonly Judged[]
}

/** An API of the template, and what the document says of it. */
export interface Judged extends Api {
  /** The entries of `apis` that may be meant; empty where none takes it. */
  readonly entries: readonly Entry[]
  /** What its methods serve of the document. */
  readonly traffic: readonly Traffic[]
}

export function subjectOf(settings: Settings, { apis }: Model): Subject {
  return {
    settings,
    apis: apis.map((api) => ({
      ...api,
      entries: entriesFor(settings.document, api),
      traffic: trafficOf(api, settings),
    })),
  }
}

/** Each authorizer of each API of API Gateway that keeps answers, with how long. */
export function* cachingOf({ apis }: Subject): Generator<readonly [Judged, Authorizer, seconds: number]> {
  for (const api of apis) {
    // AppSync keeps each answer for as long as it says itself.
    for (const authorizer of api.protocol === 'graphql' ? [] : api.authorizers) {
      const { seconds } = authorizer.ttl
      if (seconds !== UNKNOWN && seconds > 0) yield [api, authorizer, seconds]
    }
  }
}

/** The identity sources of an authorizer; undefined where only the deployment tells them. */
export function knownSources({ sources }: Authorizer): readonly Source[] | undefined {
  return sources.value === UNKNOWN ? undefined : sources.value
}

/** What a client must send, or API Gateway answers 401 by itself. */
export function demandedOf(authorizer: Authorizer): readonly Source[] {
  return (knownSources(authorizer) ?? []).filter(({ kind }) => kind === 'header' || kind === 'query')
}
