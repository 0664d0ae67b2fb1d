import { isUnder, splitTarget } from '../lib/path.ts'

/** Whether a request asks about another one, by forward-auth. */
export function isVerify(target: string, base: string): boolean {
  const path = splitTarget(target)?.path
  return path !== undefined && isUnder(path, `${base}/verify`)
}
