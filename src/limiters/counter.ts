import type { EpochSeconds } from '../model/access.ts'
import type { Quota, Taken } from '../model/ports.ts'

/** Clocks differ: a counter is kept for so much longer than its window, for a process whose clock is behind. */
const LATE_SECONDS = 60

/** What a counter is kept under: one for each window of each quota. */
export function counterId({ id, startsAt }: Quota): string {
  return `${id}@${startsAt}`
}

/** From when on a counter's room may be taken back. */
export function goneAt({ endsAt }: Quota): EpochSeconds {
  return endsAt + LATE_SECONDS
}

/** What became of a request, by how often each counter stands for one now. A counter that is missing stands at 0. */
export function takenOf(quotas: readonly Quota[], allowed: boolean, used: readonly (number | undefined)[]): Taken {
  const remaining = quotas.map(({ requests }, place) => Math.max(0, requests - (used[place] ?? 0)))
  return { allowed, remaining }
}
