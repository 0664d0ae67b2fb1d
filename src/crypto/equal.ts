/**
 * Compares texts by a runtime's own constant-time call, which takes bytes and as many of each. The two arrays are kept,
 * as to make them for each comparison costs more than to compare; all fingerprints have one length, so once is enough.
 */
export function textEqual(bytesEqual: (a: Uint16Array, b: Uint16Array) => boolean): (a: string, b: string) => boolean {
  let left = new Uint16Array(0)
  let right = new Uint16Array(0)
  return (a, b) => {
    if (a.length !== b.length) return false
    if (a.length !== left.length) {
      left = new Uint16Array(a.length)
      right = new Uint16Array(a.length)
    }
    for (let place = 0; place < a.length; place++) {
      left[place] = a.charCodeAt(place)
      right[place] = b.charCodeAt(place)
    }
    return bytesEqual(left, right)
  }
}
