import * as v from 'valibot'

/** Names that objects have of themselves: members of these names would be passed over in silence. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** An object, and no list: valibot lets those pass for objects. */
export function plainObject(message: string): v.CustomSchema<Record<string, unknown>, string> {
  return v.custom<Record<string, unknown>, string>((value) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && !Object.keys(value).some((key) => RESERVED_NAMES.has(key))
  }, message)
}

/** What an object of these members alone is. */
export type Members<Entries extends v.ObjectEntries> = v.GenericSchema<
  v.InferInput<v.StrictObjectSchema<Entries, string>>,
  v.InferOutput<v.StrictObjectSchema<Entries, string>>
>

/** An object of these members alone. Unlike `strictObject` it tells each member that is unknown, not only the first. */
export function members<const Entries extends v.ObjectEntries>(
  entries: Entries,
  message: string,
  unknown = 'no such member here',
): Members<Entries> {
  const strict: unknown = v.objectWithRest(entries, v.never(unknown), message)
  const schema: unknown = v.pipe(plainObject(message), strict as Members<Entries>)
  return schema as Members<Entries>
}

export function text(message: string): v.StringSchema<string> {
  return v.string(message)
}

export function oneOf<const Options extends readonly [string, ...string[]]>(
  ...options: Options
): v.PicklistSchema<Options, string> {
  return v.picklist(options, `one of ${options.map((option) => `"${option}"`).join(', ')}`)
}
