import { isUnder, segmentsOf } from '../../lib/path.ts'
import type { NextConfig } from './next-config.ts'

/**
 * The path to which Next sends whoever asks for another one, where it wants a slash at the end: what looks like a file, and
 * what is well known, stays as it is.
 */
export function redirected(path: string, { addsSlash, basePath }: NextConfig): string {
  if (!addsSlash || !isUnder(path, basePath) || path.startsWith('/.well-known/')) return path
  const last = segmentsOf(path).at(-1) ?? ''
  return last === '' || last.includes('.') ? path : `${path}/`
}
