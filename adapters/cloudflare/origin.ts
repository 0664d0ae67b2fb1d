import { isOriginUrl } from '../../src/lib/host.ts'
import type { Refusal } from '../../src/model/decision.ts'
import type { OriginSettings } from '../../src/origin.ts'

/** What a Worker finds in its environment: secrets and variables as text, bindings as objects. */
export type Bindings = Readonly<Record<string, unknown>>

/** A binding that requests can be sent to: a service, an mTLS certificate, a VPC service. */
export interface Fetcher {
  fetch(input: Request | string, init: RequestInit & Incoming): Promise<Response>
}

/** What the edge knows of a client: place, network, TLS. To fetch the same key says how to fetch. */
interface Incoming {
  readonly cf?: unknown
}

/** Where allowed requests go. */
export interface Origin {
  /** Scheme and authority; undefined: those of the incoming URL. */
  readonly url: string | undefined
  /** `from`: the request that came in, whose `cf` a service is to see as if it had come there. */
  fetch(input: Request | string, init: RequestInit, from: Request): Promise<Response>
}

/** Finds the origin of a document among the bindings. A binding that is named is never replaced by something else. */
export function originOf(settings: OriginSettings | undefined, bindings: Bindings): Origin | Refusal {
  const throughRuntime = (url: string | undefined): Origin => ({ url, fetch: (input, init) => fetch(input, init) })
  if (settings?.binding !== undefined) {
    const binding = bindings[settings.binding]
    if (isFetcher(binding)) {
      return {
        url: settings.url,
        fetch: (input, init, { cf }: Request & Incoming) => binding.fetch(input, { ...init, cf }),
      }
    }
    if (typeof binding === 'string' && isOriginUrl(binding)) return throughRuntime(binding.replace(/\/$/, ''))
    return missing(`binding ${settings.binding} is neither a service nor a variable with a URL such as https://host`)
  }
  if (settings?.zone) return throughRuntime(undefined)
  return settings?.url === undefined ? missing('the document names none') : throughRuntime(settings.url)
}

function missing(why: string): Refusal {
  return { reason: 'not-configured', detail: `no origin: ${why}` }
}

function isFetcher(binding: unknown): binding is Fetcher {
  return typeof binding === 'object' && binding !== null && 'fetch' in binding && typeof binding.fetch === 'function'
}
