/**
 * For how many seconds a reply says that it may be kept (RFC 9111 5.2.2.1), less the age that it has already: 0 where it
 * must not be, undefined where it says nothing.
 */
export function maxAgeIn(cacheControl: string | null | undefined, age: string | null | undefined): number | undefined {
  if (!cacheControl) return undefined
  if (/\bno-(?:store|cache)\b/i.test(cacheControl)) return 0
  const [, seconds] = /\bmax-age="?(\d{1,10})\b/i.exec(cacheControl) ?? []
  return seconds === undefined ? undefined : Math.max(0, Number(seconds) - (Number(age) || 0))
}
