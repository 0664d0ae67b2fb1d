import type { Step } from './authorize.ts'
import { placeName } from './model/credential.ts'

/** A step of a decision in words, for `explain`; it is told here, as no request on a host needs the words. */
export function noteOf(step: Step): string {
  if (step.refusal) {
    const { detail, permissions, reason } = step.refusal
    const needed = permissions?.join(' ')
    return needed && detail ? `${needed}: ${detail}` : (detail ?? (needed || reason))
  }
  const { match, place, principal, policy } = step
  if (step.step === 'route' && match) return `${match.pattern} (${match.access}, ${match.surface ?? 'any surface'})`
  if (match) return match.passage
  if (principal) return `${principal.kind} ${principal.credential}, ${principal.grant.type}`
  return place ? placeName(place) : (policy ?? '')
}

/** What became of a step. */
export function outcomeOf({ refusal }: Step): 'passed' | 'refused' {
  return refusal ? 'refused' : 'passed'
}
