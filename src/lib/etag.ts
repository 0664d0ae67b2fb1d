/** The entity tag (RFC 9110 8.8.3) of a version: strong, as every change of an entry gives it another version. */
export function entityTag(version: string): string {
  return `"${version}"`
}

/** What `If-Match` or `If-None-Match` asks for. */
export interface TagCondition {
  /** `*`: whatever there is. */
  readonly isAny: boolean
  readonly tags: readonly { readonly version: string; readonly isWeak: boolean }[]
}

const TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/
const LIST = new RegExp(`^[ \\t]*(?:${TAG.source})(?:[ \\t]*,[ \\t]*(?:${TAG.source}))*[ \\t]*$`)

/** Reads `If-Match` or `If-None-Match` (RFC 9110 13.1); undefined where it is neither `*` nor a list of entity tags. */
export function parseTagCondition(field: string): TagCondition | undefined {
  if (field.trim() === '*') return { isAny: true, tags: [] }
  if (!LIST.test(field)) return undefined
  const tags = Array.from(field.matchAll(new RegExp(TAG, 'g')), ([, weak, version]) => {
    return { version: version as string, isWeak: weak !== undefined }
  })
  return { isAny: false, tags }
}

/** Whether `If-Match` holds for a version: the comparison is strong, so a weak tag never matches. */
export function isMatch({ isAny, tags }: TagCondition, version: string): boolean {
  return isAny || tags.some((tag) => !tag.isWeak && tag.version === version)
}

/** Whether `If-None-Match` names a version: the comparison is weak. */
export function isNamed({ isAny, tags }: TagCondition, version: string): boolean {
  return isAny || tags.some((tag) => tag.version === version)
}
