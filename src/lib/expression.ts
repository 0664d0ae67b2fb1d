/** Whether a text is a regular expression, read as `u` does: an escape that means nothing is a mistake. */
export function isExpression(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}

/** A group, or the whole: whether what it takes may differ in length or by an alternative, and whether it ever ends. */
interface Group {
  varies: boolean
  isEndless: boolean
}

/** What is repeated so often, and could be read in two ways each time, is read in too many. */
const FEW = 3

const CLASS = /\[(?:\\.|[^\]\\])*\]/y
const OPENING = /\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?/y
const REPETITION = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y

/**
 * Whether a regular expression can be asked of a stranger's text: `(a+)+` takes twice as long with each letter of one that
 * nearly fits. No group that repeats holds a repetition without an end; none that repeats more than three times holds an
 * alternative, or a repetition of any number of times; and nothing refers back.
 */
export function isQuick(expression: string): boolean {
  const groups: Group[] = [{ varies: false, isEndless: false }]
  let closed: Group | undefined
  let place = 0

  function next(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = place
    const found = pattern.exec(expression) ?? undefined
    if (found) place = pattern.lastIndex
    return found
  }

  while (place < expression.length) {
    const around = groups.at(-1) as Group
    const repetition = next(REPETITION)
    if (repetition) {
      const { least, most } = timesOf(repetition)
      if (closed && ((most > 1 && closed.isEndless) || (most > FEW && closed.varies))) return false
      around.varies ||= least !== most
      around.isEndless ||= most === Number.POSITIVE_INFINITY
    } else if (next(OPENING)) {
      groups.push({ varies: false, isEndless: false })
    } else if (expression[place] === ')') {
      place++
      // Of what is no expression more may be closed than was opened.
      closed = groups.length > 1 ? (groups.pop() as Group) : around
      const outer = groups.at(-1) as Group
      outer.varies ||= closed.varies
      outer.isEndless ||= closed.isEndless
      continue
    } else if (expression[place] === '\\') {
      if (/[1-9k]/.test(expression[place + 1] ?? '')) return false
      place += 2
    } else if (!next(CLASS)) {
      if (expression[place] === '|') around.varies = true
      place++
    }
    closed = undefined
  }
  return true
}

function timesOf([, sign, least, comma, most]: readonly (string | undefined)[]): { least: number; most: number } {
  const endless = Number.POSITIVE_INFINITY
  if (sign !== undefined) return { least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : endless }
  return { least: Number(least), most: comma ? (most ? Number(most) : endless) : Number(least) }
}
