import type { Line, Told } from './templates/tree.ts'

/** What a template says of the APIs that ask an authorizer, whatever kind of template it is. */
export interface Model {
  readonly apis: readonly Api[]
  /** What stands in the template and cannot be read here. */
  readonly unread: readonly Unread[]
}

/** A place of the template, and what cannot be seen there. */
export interface Unread {
  readonly line: Line
  readonly message: string
}

export type Protocol = 'rest' | 'http' | 'websocket' | 'graphql'

export interface Api {
  readonly line: Line
  readonly protocol: Protocol
  /** As the template calls it. */
  readonly name: string
  /** Its id at AWS, which only an API has that is there before the template is deployed. */
  readonly id: Told<string>
  /** Whether what is not in this template may still be there. */
  readonly isElsewhere: boolean
  readonly stages: readonly Placed<Told<string>>[]
  /** Whether pages of other origins are meant to call it. */
  readonly hasCors: boolean
  /** Whether API Gateway answers preflights by itself, as HTTP APIs with a CORS configuration do. */
  readonly answersPreflights: boolean
  readonly authorizers: readonly Authorizer[]
  readonly methods: readonly Method[]
  readonly responses: readonly GatewayResponse[]
}

export interface Placed<T> {
  readonly line: Line
  readonly value: T
}

/** A Lambda authorizer: whatever function it asks, it is held to the document. */
export interface Authorizer {
  readonly line: Line
  readonly name: string
  /** `token` is a REST API's that is given one header. */
  readonly kind: 'token' | 'request'
  readonly ttl: Ttl
  /** What must be there for it to be asked, and by what its answers are kept. */
  readonly sources: Placed<Told<readonly Source[]>>
  /** Of an HTTP API; undefined where the template says none. */
  readonly payload: Placed<Told<string> | undefined>
  /** Whether an HTTP API expects yes or no, and no policy. */
  readonly isSimple: Told<boolean>
  readonly asks: Told<LambdaFunction>
}

/** How long answers are kept. */
export interface Ttl {
  readonly line: Line
  readonly seconds: Told<number>
  /** What the setting is called here. */
  readonly setting: string
  /** The template says nothing, and this is what API Gateway takes. */
  readonly isDefault: boolean
}

/** Where an identity source is read, and what it is called in the template. */
export interface Source {
  readonly kind: 'header' | 'query' | 'context' | 'stage-variable'
  /** Of a header in lower case; of the context a path such as `identity.sourceIp`. */
  readonly name: string
  readonly text: string
}

export interface Method {
  readonly line: Line
  /** In capitals; `ANY` is all that have no method of their own. */
  readonly verb: string
  /** With `{name}` for a segment and `{name+}` for the rest; `$default` of an HTTP API is all that nothing else takes. */
  readonly path: Told<string>
  readonly guard: Guard
  readonly integration: Integration | undefined
}

/** Who is asked before a method is served: a Lambda authorizer, something else of AWS, nobody. */
export type Guard = Authorizer | 'others' | 'nobody' | 'unknown'

export interface Integration {
  readonly line: Line
  /** `http-proxy` hands the client's request on; `http` what is mapped. */
  readonly kind: 'http' | 'http-proxy' | 'mock' | 'other'
  /** What is mapped to it: the key as API Gateway spells it, in lower case, to its value. */
  readonly parameters: Told<ReadonlyMap<string, Told<string>>>
}

export interface GatewayResponse {
  readonly line: Line
  readonly type: Told<string>
  /** The names of the header fields that it sets, in lower case. */
  readonly headers: Told<ReadonlySet<string>>
}

export interface LambdaFunction {
  readonly line: Line
  readonly name: string
  readonly variables: Told<ReadonlyMap<string, Told<string>>>
  readonly isInVpc: Told<boolean>
}

/** The Lambda authorizer of a method; undefined where it has none. */
export function authorizerOf({ guard }: Method): Authorizer | undefined {
  return typeof guard === 'object' ? guard : undefined
}
