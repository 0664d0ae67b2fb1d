/**
 * Reads CSV (RFC 4180) from a text that arrives in pieces: fields may be quoted, quotes are doubled inside, a quoted
 * field may hold line ends. LF alone ends a line too; empty lines are passed over; a byte order mark is dropped.
 */
export async function* csvRecords(
  pieces: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<readonly string[] | 'broken', void, undefined> {
  let record: string[] = []
  let value = ''
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start'
  let isFirst = true
  let isAfterReturn = false

  function ended(): readonly string[] | undefined {
    const whole = [...record, value]
    const isEmpty = whole.length === 1 && value === '' && state === 'start'
    record = []
    value = ''
    state = 'start'
    return isEmpty ? undefined : whole
  }

  for await (const piece of pieces) {
    for (const character of isFirst ? piece.replace(/^\ufeff/, '') : piece) {
      const isSecondOfTwo = isAfterReturn && character === '\n'
      isAfterReturn = character === '\r' && state !== 'quoted'
      if (isSecondOfTwo && state !== 'quoted') continue
      if (state === 'quoted') {
        if (character === '"') state = 'closed'
        else value += character
      } else if (character === ',') {
        record.push(value)
        value = ''
        state = 'start'
      } else if (character === '\n' || character === '\r') {
        const whole = ended()
        if (whole) yield whole
      } else if (character === '"' && state === 'start') {
        state = 'quoted'
      } else if (character === '"' && state === 'closed') {
        value += character
        state = 'quoted'
      } else if (character === '"' || state === 'closed') {
        return yield 'broken'
      } else {
        value += character
        state = 'plain'
      }
    }
    if (piece !== '') isFirst = false
  }
  if (state === 'quoted') return yield 'broken'
  const whole = ended()
  if (whole) yield whole
}
