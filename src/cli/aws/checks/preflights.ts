import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import { grouped } from '../grouped.ts'
import type { Authorizer, Method } from '../model.ts'
import { authorizerOf } from '../model.ts'
import { describe } from '../names.ts'
import type { Judged, Subject } from '../subject.ts'
import { demandedOf } from '../subject.ts'

/** Looks for preflights that are under an authorizer: a browser sends no token with them. */
export function preflights({ apis }: Subject): Finding[] {
  return apis.flatMap((api) =>
    api.authorizers.flatMap((authorizer) => {
      const asked = api.methods.filter((method) => authorizerOf(method) === authorizer && takesPreflights(api, method))
      // SAM makes one for each path, all from one line.
      const byLine = grouped(asked, ({ line: { file, number } }) => `${file}:${number}`)
      return Array.from(byLine.values(), (methods) => about(api, authorizer, methods))
    }),
  )
}

function takesPreflights({ protocol, hasCors, answersPreflights, methods }: Judged, { verb, path }: Method): boolean {
  if ((protocol !== 'rest' && protocol !== 'http') || answersPreflights) return false
  if (verb === 'OPTIONS') return true
  const isOwn = methods.some((other) => other.verb === 'OPTIONS' && other.path === path)
  return verb === 'ANY' && hasCors && !isOwn
}

function about({ protocol }: Judged, authorizer: Authorizer, methods: readonly Method[]): Finding {
  const [{ line }] = methods as [Method]
  const which = methods.map(describe).join(', ')
  const remedy =
    protocol === 'rest'
      ? 'give OPTIONS a method of its own, without an authorizer'
      : 'give the API a CORS configuration, or OPTIONS a route without an authorizer'
  const isRefused = authorizer.kind === 'token' || demandedOf(authorizer).length > 0
  return isRefused
    ? finding(line, 'preflight-refused', `${which}: preflights are under an authorizer that needs a token: ${remedy}`)
    : finding(line, 'preflight-asked', `${which}: preflights are under the authorizer, and cost a call each: ${remedy}`)
}
