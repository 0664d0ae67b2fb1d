import { rowsIn, text } from './fields.ts'
import { ownClaim, ownColumns } from './own.ts'
import type { Claim, Left, Row, Source } from './source.ts'
import { bitsOf, STRONG_BITS } from './strength.ts'

/** So many bits in a name are no accident. */
const SUSPECT_BITS = 96

/** Plain tokens with what they may do: a CSV, or the same as JSON. They are hashed while they are read. */
export function csv(): Source {
  return { read, rows: rowsIn, forms: 'a list of objects with "token"', columns: ['token', ...ownColumns] }
}

function read(row: Row): Claim | Left {
  const name = text(row, 'name') ?? ''
  const plain = text(row, 'token') ?? ''
  // A token in the place of the name would be printed and stored.
  const areSwapped = bitsOf(name) >= SUSPECT_BITS && bitsOf(plain) < STRONG_BITS && !/\s/.test(name)
  if (areSwapped) return { left: 'its name is harder to guess than its token: are they swapped?' }
  return ownClaim(row, { plain })
}
