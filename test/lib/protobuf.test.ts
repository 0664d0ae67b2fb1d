import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { readMessage, writeMessage } from '../../src/lib/protobuf.ts'

/** Held against protobufjs, which reads and writes the same messages by their proto. */

const { root } = protobuf.parse(`syntax = "proto3";
  message Inner { string text = 1; bytes raw = 2; }
  message Outer { string name = 1; repeated Inner inners = 3; int32 code = 16; bool yes = 4; map<string, string> map = 5;
    int64 unread = 2; double unread2 = 6; float unread3 = 7; repeated string texts = 8; Inner one = 9; }`)
const Outer = root.lookupType('Outer')

const INNER = { text: { number: 1, type: 'string' }, raw: { number: 2, type: 'bytes' } } as const
const OUTER = {
  name: { number: 1, type: 'string' },
  inners: { number: 3, type: INNER, repeated: true },
  code: { number: 16, type: 'varint' },
  yes: { number: 4, type: 'varint' },
  map: {
    number: 5,
    type: { key: { number: 1, type: 'string' }, value: { number: 2, type: 'string' } },
    repeated: true,
  },
  texts: { number: 8, type: 'string', repeated: true },
  one: { number: 9, type: INNER },
} as const

const bytes = (...values: number[]) => Uint8Array.from(values)

describe('a message', () => {
  it('is read as protobufjs has written it, less what nobody asks for', () => {
    const inners = [{ text: 'Grüße', raw: bytes(0, 255) }, { text: 'x'.repeat(300) }]
    const written = Outer.encode(
      Outer.fromObject({
        name: 'n',
        inners,
        code: 401,
        yes: true,
        map: { a: '1', b: '' },
        unread: -1,
        unread2: 1.5,
        unread3: 2,
      }),
    ).finish()
    expect(readMessage(OUTER, written)).toEqual({
      name: 'n',
      inners: [{ text: 'Grüße', raw: Buffer.from([0, 255]) }, { text: 'x'.repeat(300) }],
      code: 401,
      yes: 1,
      map: [
        { key: 'a', value: '1' },
        { key: 'b', value: '' },
      ],
    })
  })

  it('is written as protobufjs reads it', () => {
    const message = {
      name: 'n',
      inners: [{ text: '', raw: bytes(1) }],
      code: 2 ** 31 - 1,
      yes: 1,
      texts: ['a', '', 'Grüße'],
      one: {},
      map: [{ key: 'k', value: 'v' }],
    }
    expect(Outer.toObject(Outer.decode(writeMessage(OUTER, message)))).toEqual({
      ...message,
      yes: true,
      map: { k: 'v' },
    })
  })

  it('is empty where nothing is told', () => {
    expect(readMessage(OUTER, bytes())).toEqual({})
    expect(writeMessage(OUTER, {})).toEqual(bytes())
  })
})

describe('a malformed message', () => {
  it.each<[name: string, message: Uint8Array]>([
    ['cut off in a text', bytes(0x0a, 5, 0x61)],
    ['cut off in a length', bytes(0x0a, 0x80)],
    ['cut off behind a tag', bytes(0x0a)],
    ['with a length beyond every size', bytes(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)],
    ['with a number that never ends', bytes(0x10, ...Array(11).fill(0xff))],
    ['with a field of number 0', bytes(0x02, 0)],
    ['with a text where a number is meant', bytes(0x22, 1, 0x61)],
    ['with a number where a text is meant', bytes(0x08, 1)],
    ['with a text that is not UTF-8', bytes(0x0a, 1, 0xff)],
    ['that tells a text twice', bytes(0x0a, 1, 0x61, 0x0a, 1, 0x62)],
    ['that tells a message twice', bytes(0x4a, 0, 0x4a, 0)],
    ['with a group', bytes(0x13, 0x14)],
    ['with a wire type that there is not', bytes(0x17)],
    ['cut off in 64 bits', bytes(0x31, 0, 0)],
    ['malformed inside', bytes(0x1a, 2, 0x0a, 9)],
  ])('is none: %s', (_, message) => {
    expect(readMessage(OUTER, message)).toBeUndefined()
  })

  it('is none wherever a good one is cut, unless a field has ended there', () => {
    const whole = writeMessage(OUTER, { name: 'name', one: { text: 'text' } })
    const read = Array.from(whole.keys(), (end) => readMessage(OUTER, whole.subarray(0, end)))
    expect(read.flatMap((message, end) => (message ? [end] : []))).toEqual([0, 6])
  })
})
