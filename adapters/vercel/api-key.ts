import { apiKeyWith } from '../../src/api-key.ts'
import type { EquippedKind } from '../../src/equipment.ts'
import type { Management } from '../../src/http/asked.ts'
import { management } from '../../src/http/management.ts'
import { recorderOf } from '../../src/key-recorder.ts'
import { upstash as countedInUpstash } from '../../src/limiters/upstash.ts'
import { limitPolicy } from '../../src/limits.ts'
import type { Limiter, Store } from '../../src/model/ports.ts'
import { globalConfig } from '../../src/stores/global-config.ts'
import type { Openers, Variables } from '../../src/stores/opening.ts'
import { globalConfigOptions, open, upstashOptions } from '../../src/stores/opening.ts'
import { upstash } from '../../src/stores/upstash.ts'
import { webhooks } from '../../src/webhooks.ts'

/** A kind of credential, with what Vercel has for it. */
export interface MiddlewareKind extends EquippedKind<Variables> {
  readonly management?: Management
}

/** Issued keys on Vercel: in Upstash Redis, or read only in Global Config, as the variable of `store` says. */
export const apiKey: MiddlewareKind = /* @__PURE__ */ apiKeyWith<MiddlewareKind>({
  management,
  parts: (variables, { now }) => ({
    openStore({ document: { store } }) {
      const text = variables[store?.binding ?? '']
      return text ? open(text, storesOf(variables), STORE_FORMS) : undefined
    },
    limits(settings) {
      const { limiter, store } = settings.document
      const text = variables[(limiter ?? store)?.binding ?? '']
      const isCounted = text?.startsWith('upstash:') === true
      return limitPolicy(settings, isCounted ? open(text, limitersOf(variables), 'upstash:URL') : undefined)
    },
    recorder(settings, store, sink) {
      // Global Config takes no writes.
      const isWritable = variables[settings.document.store?.binding ?? '']?.startsWith('upstash:')
      return isWritable ? recorderOf(settings, { store, sink, now, wait }) : undefined
    },
    sink: (settings, own, valuesOf) => webhooks(settings, own, valuesOf, { lasting: false, now }),
  }),
})

const STORE_FORMS = 'upstash:URL or global-config:CONNECTION; both may be empty where their variables are set'

function storesOf(variables: Variables): Openers<Store> {
  return {
    upstash: (rest) => upstash(...upstashOptions(rest, variables)),
    'global-config': (rest) => globalConfig(globalConfigOptions(rest, variables)),
  }
}

function limitersOf(variables: Variables): Openers<Limiter> {
  return { upstash: (rest) => countedInUpstash(...upstashOptions(rest, variables)) }
}

/** Within what `waitUntil` keeps alive. */
function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
