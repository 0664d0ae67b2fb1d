import type { EpochSeconds } from '../model/access.ts'

/** What was counted of one key, of one owner, on one day; or of many together. Counts only ever grow. */
export interface Tally {
  /** The key's id. */
  readonly key: string
  readonly owner: string | null
  /** Days since 1970-01-01, UTC. */
  readonly day: number
  allowed: number
  /** By reason. */
  readonly refused: Map<string, number>
  /** By the matched route's path as configured. */
  readonly routes: Map<string, number>
  firstSeen: EpochSeconds
  lastSeen: EpochSeconds
}

/** How many routes are told apart for each key and day; what comes after goes under `other`. */
export const MOST_ROUTES = 50
export const OTHER_ROUTES = 'other'
/** Routes with a longer pattern go under `other` too, so that an entry holds any tally. */
const MOST_PATTERN_CHARACTERS = 256
const DAY_SECONDS = 86_400

export function tallyOf(key: string, owner: string | null, at: EpochSeconds): Tally {
  const day = dayOf(at)
  return { key, owner, day, allowed: 0, refused: new Map(), routes: new Map(), firstSeen: at, lastSeen: at }
}

/** The UTC day of a time. */
export function dayOf(at: EpochSeconds): number {
  return Math.floor(at / DAY_SECONDS)
}

/** A day as `YYYY-MM-DD`. */
export function dayText(day: number): string {
  return new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 10)
}

/** Counts one request; `reason` says why it was refused. */
export function count(tally: Tally, reason: string | undefined, pattern: string | undefined, at: EpochSeconds): void {
  if (reason === undefined) tally.allowed++
  else tally.refused.set(reason, (tally.refused.get(reason) ?? 0) + 1)
  addRoute(tally.routes, pattern ?? OTHER_ROUTES, 1, MOST_ROUTES)
  if (at > tally.lastSeen) tally.lastSeen = at
  else if (at < tally.firstSeen) tally.firstSeen = at
}

/** Adds what one tally has counted to another, and tells so many routes apart. */
export function add(into: Tally, counted: Tally, mostRoutes: number = MOST_ROUTES): void {
  const { allowed, refused, routes, firstSeen, lastSeen } = counted
  into.allowed += allowed
  for (const [reason, times] of refused) into.refused.set(reason, (into.refused.get(reason) ?? 0) + times)
  for (const [pattern, times] of routes) addRoute(into.routes, pattern, times, mostRoutes)
  into.firstSeen = Math.min(into.firstSeen, firstSeen)
  into.lastSeen = Math.max(into.lastSeen, lastSeen)
}

/** How many requests a tally has counted. */
export function requestsOf({ allowed, refused }: Tally): number {
  let requests = allowed
  for (const times of refused.values()) requests += times
  return requests
}

function addRoute(routes: Map<string, number>, pattern: string, times: number, most: number): void {
  const before = routes.get(pattern)
  if (before !== undefined) routes.set(pattern, before + times)
  else if (routes.size < most && pattern.length <= MOST_PATTERN_CHARACTERS) routes.set(pattern, times)
  else routes.set(OTHER_ROUTES, (routes.get(OTHER_ROUTES) ?? 0) + times)
}
