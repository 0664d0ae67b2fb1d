import type { GatewayResponses } from './refusals.ts'

/** An API behind the stub at one stage, and the authorizer in front of it. */
export interface Api {
  readonly kind: 'rest' | 'http' | 'websocket' | 'appsync'
  /** Default `a1b2c3d4e5`. */
  readonly id?: string
  /** Default `prod`; `$default` stands in no path. AppSync has none. */
  readonly stage?: string
  /** The base path mapping of the custom domain `api.example`, written `/v1`. Default: the domain's root. */
  readonly basePath?: string
  readonly stageVariables?: Readonly<Record<string, string>>
  /** Route keys: `GET /orders/{id}`, `ANY /files/{proxy+}`, for an HTTP API also `$default`. Default: everything. */
  readonly routes?: readonly string[]
  readonly authorizer: Authorizer
  /** How a REST API words its refusals, by the type of the response. */
  readonly responses?: GatewayResponses
  /** A REST API whose API keys come from the authorizer: the keys of its usage plans. */
  readonly usagePlanKeys?: readonly string[]
  /** What AppSync resolves, by `Type.field`. */
  readonly fields?: Readonly<Record<string, unknown>>
}

export interface Authorizer {
  readonly handler: (event: never) => Promise<unknown>
  /** Of a REST API. Default `REQUEST`. */
  readonly type?: 'TOKEN' | 'REQUEST'
  /** Of an HTTP API. Default `2.0`. */
  readonly payload?: '1.0' | '2.0'
  /** Of an HTTP API with payload 2.0: whether simple responses are on. */
  readonly simple?: boolean
  /** Default 0: nothing is kept. A WebSocket API keeps nothing, whatever it says. */
  readonly ttlSeconds?: number
  /** As each kind of API writes them: `method.request.header.Authorization`, `$request.header.Authorization`... */
  readonly identitySources?: readonly string[]
  /** Of TOKEN and AppSync: what a token must match before the function is called. */
  readonly validation?: string
}

/** A request as it stands on the wire. */
export interface Wire {
  readonly method: string
  readonly target: string
  readonly fields: Fields
  readonly address: string
  readonly body: string
}

export type Fields = readonly (readonly [name: string, value: string])[]

/** A request that has found its API, stage and route. */
export interface Placed extends Wire {
  readonly api: Api
  readonly id: string
  readonly stage: string
  readonly host: string
  /** As it was sent, without stage and base path. */
  readonly path: string
  /** With its `?`; empty where there is none. */
  readonly query: string
  readonly route: Route
  readonly requestId: string
}

/** What a route key says, and what its variables are in a path. */
export interface Route {
  readonly key: string
  /** `/orders/{id}`; of `$default` the key itself. */
  readonly resource: string
  readonly parameters: Readonly<Record<string, string>>
}

export const ACCOUNT = '123456789012'

/** Every value of a field, in order, in any spelling of its name. */
export function valuesOf(fields: Fields, name: string): string[] {
  return fields.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
}
