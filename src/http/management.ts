import type { Management } from './asked.ts'
import { matchOperation } from './keys/operations.ts'

/** The keys API. */
export const management: Management = {
  match:
    ({ base, document }) =>
    (target, method, isPreflight) =>
      matchOperation(base, target, method, isPreflight, document.issuing !== undefined),
  load: async (latchkey) => (await import('./manage.ts')).manage(latchkey),
  tellNearExpiry: async (...given) => (await import('./manage.ts')).tellNearExpiry(...given),
}
