/**
 * Orders two texts by their code points, as databases do that keep UTF-8. `<` compares UTF-16 units, which puts the
 * characters beyond U+FFFF before some of those below.
 */
export function compareCodePoints(a: string, b: string): number {
  for (let place = 0; place < a.length && place < b.length; place++) {
    const [left, right] = [a.charCodeAt(place), b.charCodeAt(place)]
    if (left !== right) return isSurrogate(left) === isSurrogate(right) ? left - right : isSurrogate(left) ? 1 : -1
  }
  return a.length - b.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
