import type { Document } from '../document.ts'
import { validateText } from '../validate.ts'
import { Failure } from './failure.ts'
import { documentText, variablesOf } from './inputs.ts'
import type { Given } from './usage.ts'

/** The document that the flags name; undefined where they name none. Throws `Failure` with its faults. */
export function documentGiven(flags: Given): Document | undefined {
  const text = documentText(flags, variablesOf(flags))
  if (text === undefined) return undefined
  const result = validateText(text)
  if (result.ok) return result.document
  const { faults } = result
  throw new Failure(
    `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} in the configuration; at each place, what is allowed there:`,
    faults.map(({ pointer, message }) => `${pointer || '/'}  ${message}`),
  )
}
