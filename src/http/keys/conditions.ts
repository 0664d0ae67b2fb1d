import type { MiddlewareHandler } from 'hono'
import type { Kept } from '../../keys/registry.ts'
import { entityTag, isMatch, isNamed, parseTagCondition } from '../../lib/etag.ts'
import type { KeysAppParts, KeysContext, KeysEnv } from './parts.ts'
import { actorOf } from './parts.ts'
import { problem } from './problems.ts'

/** A key may be changed whatever its version (undefined), or by one version alone. */
export type Conditional = MiddlewareHandler<KeysEnv & { Variables: { version: string | undefined } }>

/**
 * Reads `If-Match` as `c.var.version`, the version to change the key by. Stands behind what reads the body, as a
 * condition counts only for a request that is right without it (RFC 9110 13.2.1).
 */
export function ifMatch({ registry }: KeysAppParts): Conditional {
  return async (c, next) => {
    const field = c.env.header('if-match')
    const condition = field === undefined ? { isAny: true, tags: [] } : parseTagCondition(field)
    if (!condition) return problem(c, 'header-malformed')
    if (!condition.isAny) {
      const kept = await registry.show(c.req.param('id') ?? '', actorOf(c))
      if (!kept) return problem(c, 'not-found')
      if (!isMatch(condition, kept.version)) return problem(c, 'version-outdated')
      c.set('version', kept.version)
    }
    return next()
  }
}

/** Whether `If-None-Match` says that the caller has this version already; a reply where it says nothing sensible. */
export function isKnown(c: KeysContext, { version }: Kept): boolean | Response {
  const field = c.env.header('if-none-match')
  if (field === undefined) return false
  const condition = parseTagCondition(field)
  return condition ? isNamed(condition, version) : problem(c, 'header-malformed')
}

/** The fields of a reply that shows one version of a key. */
export function versionFields({ version }: Kept): { readonly ETag: string } {
  return { ETag: entityTag(version) }
}
