/**
 * Compares texts by a runtime's own constant-time call, which takes bytes and as many of each. The two arrays of a length
 * are kept, as to make them for each comparison costs more than to compare; digests have few lengths.
 */
export function textEqual(bytesEqual: (a: Uint16Array, b: Uint16Array) => boolean): (a: string, b: string) => boolean {
  const pairs: (readonly [Uint16Array, Uint16Array])[] = []
  return (a, b) => {
    const { length } = a
    if (length !== b.length) return false
    const [left, right] = (pairs[length] ??= [new Uint16Array(length), new Uint16Array(length)])
    for (let place = 0; place < length; place++) {
      left[place] = a.charCodeAt(place)
      right[place] = b.charCodeAt(place)
    }
    return bytesEqual(left, right)
  }
}
