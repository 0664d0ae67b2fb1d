/**
 * The wire format of Protocol Buffers (proto3), as far as a known writer needs it: what is told twice, what has another
 * type, and text that is not UTF-8 make a message malformed. Fields that nobody has named are skipped.
 */

/** The fields of a message that are read or written, by name. */
export type Fields = Readonly<Record<string, Field>>

/** One of them. `varint`: a bool, an enum or an integer that is not negative. A map is a repeated message of key and value. */
export interface Field {
  readonly number: number
  readonly type: 'string' | 'bytes' | 'varint' | Fields
  readonly repeated?: boolean
}

type Value<T> = T extends 'string'
  ? string
  : T extends 'bytes'
    ? Uint8Array
    : T extends 'varint'
      ? number
      : T extends Fields
        ? Message<T>
        : never

/** A message's values; absent: not told, which proto3 takes for empty. */
export type Message<F extends Fields> = {
  readonly [Name in keyof F]?:
    | (F[Name] extends { readonly repeated: true } ? readonly Value<F[Name]['type']>[] : Value<F[Name]['type']>)
    | undefined
}

const VARINT = 0
const FIXED_64 = 1
const DELIMITED = 2
const FIXED_32 = 5

/** Reads a message; undefined where it is malformed. */
export function readMessage<F extends Fields>(fields: F, bytes: Uint8Array): Message<F> | undefined {
  try {
    return read(fields, bytes, new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })) as Message<F>
  } catch {
    return undefined
  }
}

function read(fields: Fields, bytes: Uint8Array, text: TextDecoder): Record<string, unknown> {
  const byNumber = new Map(Object.entries(fields).map(([name, field]) => [field.number, { name, ...field }]))
  const values: Record<string, unknown> = {}
  let place = 0
  while (place < bytes.length) {
    const tag = varint()
    const wire = tag % 8
    const number = (tag - wire) / 8
    if (number < 1 || number >= 2 ** 29) throw new RangeError('field number')
    const field = byNumber.get(number)
    const value = wire === DELIMITED ? delimited() : other(wire)
    if (field) keep(field, wire, value)
  }
  return values

  function keep({ name, type, repeated }: Field & { name: string }, wire: number, value: Uint8Array | number): void {
    if (wire !== (type === 'varint' ? VARINT : DELIMITED)) throw new RangeError('wire type')
    const meant = typeof value === 'number' || type === 'bytes' ? value : ofBytes(type, value)
    if (repeated) ((values[name] ??= []) as unknown[]).push(meant)
    else if (values[name] === undefined) values[name] = meant
    else throw new RangeError('told twice')
  }

  function ofBytes(type: Field['type'], value: Uint8Array): unknown {
    return typeof type === 'object' ? read(type, value, text) : text.decode(value)
  }

  function delimited(): Uint8Array {
    const length = varint()
    return taken(length)
  }

  function other(wire: number): number {
    if (wire === VARINT) return varint()
    if (wire !== FIXED_64 && wire !== FIXED_32) throw new RangeError('wire type')
    taken(wire === FIXED_64 ? 8 : 4)
    return 0
  }

  function taken(length: number): Uint8Array {
    if (length > bytes.length - place) throw new RangeError('cut off')
    place += length
    return bytes.subarray(place - length, place)
  }

  /** At most ten bytes: a negative number is as long as that, and nobody reads its value. */
  function varint(): number {
    let value = 0
    for (let count = 0; count < 10; count++) {
      const [byte = 0] = taken(1)
      value += (byte & 0x7f) * 2 ** (7 * count)
      if (byte < 0x80) return value
    }
    throw new RangeError('varint')
  }
}

/** Writes a message. What is absent is not written; what is empty is. */
export function writeMessage<F extends Fields>(fields: F, message: Message<F>): Uint8Array {
  return write(fields, message as Readonly<Record<string, unknown>>)
}

function write(fields: Fields, message: Readonly<Record<string, unknown>>): Uint8Array {
  const parts = Object.entries(fields).flatMap(([name, { number, type, repeated }]) => {
    const value = message[name]
    if (value === undefined) return []
    const values = repeated ? (value as readonly unknown[]) : [value]
    return values.flatMap((each) => {
      if (type === 'varint') return [varintOf(number * 8 + VARINT), varintOf(each as number)]
      const bytes = bytesOf(type, each)
      return [varintOf(number * 8 + DELIMITED), varintOf(bytes.length), bytes]
    })
  })
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let place = 0
  for (const part of parts) {
    whole.set(part, place)
    place += part.length
  }
  return whole
}

function bytesOf(type: 'string' | 'bytes' | Fields, value: unknown): Uint8Array {
  if (type === 'bytes') return value as Uint8Array
  if (type === 'string') return new TextEncoder().encode(value as string)
  return write(type, value as Readonly<Record<string, unknown>>)
}

function varintOf(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Uint8Array.from([...bytes, rest])
}
