import { secretValues } from '../lib/secret.ts'

/** Where a secret lies that is not in the environment. */
export interface Reference {
  readonly service: 'ssm' | 'secretsmanager'
  /** Whether Lambda's Parameters and Secrets extension is asked, in place of the service. */
  readonly byExtension: boolean
  /** A name or an ARN. */
  readonly id: string
  /** Which key of the JSON object that lies there; undefined: the whole text is the value. */
  readonly key: string | undefined
  /** As it is written, without the key. */
  readonly place: string
}

/** Why a secret cannot be read, in words that hold no value: `name` says where it lies, `code` what is wrong there. */
export class Unreadable extends Error {
  override readonly name: string
  readonly code: string

  constructor(place: string, trouble: string) {
    super(`${place} ${trouble}`)
    this.name = place
    this.code = trouble
  }
}

const BEGINNINGS = /^ *(?:arn:|\{\{resolve:|extension\+|ssm(?:-secure)?:|secrets?manager:)/i

/** Whether a variable is meant to say where its secret lies, in place of being it; it may be written wrongly. */
export function isPlace(text: string): boolean {
  return BEGINNINGS.test(text)
}

const FORM = /^((extension\+)?(ssm|secretsmanager):([\w.\-/:+=@!]+))(?:#(.+))?$/

/**
 * What a variable says of the secret of a name: `ssm:` or `secretsmanager:`, a name or an ARN, and perhaps `#` and a key.
 * Where it ends with a slash the secret's name follows it. Undefined where it is not of that form.
 */
export function referenceTo(name: string, text: string): Reference | undefined {
  const [, place = '', extension, service, id = '', key] = FORM.exec(text) ?? []
  if (service === undefined) return undefined
  const rest = id.endsWith('/') ? name : ''
  return {
    service: service as Reference['service'],
    byExtension: extension !== undefined,
    id: id + rest,
    key,
    place: place + rest,
  }
}

/**
 * The values in the texts of a place, newest first; none where the newest text has none, as what was taken out of it counts
 * no more. Where a key is asked for the newest text must be a JSON object; an older one that is none, or has no text under
 * the key, says nothing.
 */
export function valuesIn(texts: readonly string[], { key, place }: Reference): readonly string[] {
  if (key === undefined) return valuesOf(texts)
  const [newest, ...older] = texts.map(objectIn)
  if (newest === undefined) {
    if (texts.length === 0) return []
    throw new Unreadable(place, 'is no JSON object')
  }
  const [value = '', ...others] = [newest, ...older].map((object) => object && own(object, key))
  if (typeof value !== 'string') throw new Unreadable(place, `has no text under ${key}`)
  return valuesOf([value, ...others.filter((other) => typeof other === 'string')])
}

function valuesOf([newest, ...older]: readonly string[]): readonly string[] {
  const values = secretValues(newest)
  return values.length === 0 ? values : [...new Set([...values, ...older.flatMap(secretValues)])]
}

function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function own(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key as keyof typeof object] : undefined
}
