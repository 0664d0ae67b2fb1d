import type { Latchkey } from './build.ts'
import { expiring } from './keys/expiring.ts'
import { keyLog } from './keys/log.ts'
import type { Marks } from './keys/marks.ts'
import { processMarks, storedMarks } from './keys/marks.ts'
import { slotsNearDeadline, tellSlots } from './keys/slots.ts'
import { random } from './lib/random.ts'
import type { EpochSeconds } from './model/access.ts'
import type { Sink } from './model/ports.ts'
import { nameOfError } from './model/store-error.ts'

export const NEAR_EXPIRY_DAYS = 7

/** Without a store each process tells for itself, once. */
const ofProcess: WeakMap<Latchkey, Marks> = new WeakMap()

/** Tells keys and slots of static tokens that end soon, each once. A store that fails is told, and asked again next time. */
export async function tellNearExpiry(latchkey: Latchkey, at: EpochSeconds, sink: Sink = latchkey.sink): Promise<void> {
  const { settings, equipped } = latchkey
  const store = equipped?.store
  const withinDays = [settings.document.keys?.nearExpiryDays ?? NEAR_EXPIRY_DAYS]
  try {
    const slots = settings.credentials
      .filter(({ kind }) => kind === 'static-token')
      .flatMap(({ name, slots }) => slots.map(({ until }, slot) => ({ credential: name, slot, until })))
    const ending = slotsNearDeadline(slots, withinDays, at)
    if (ending.length > 0) await tellSlots(ending, { at, sink, marks: await marksOf(latchkey) })
    if (store) await expiring(store, { withinDays, at, sink, log: keyLog({ store, random }) })
  } catch (error) {
    sink.write({ type: 'notice', level: 'warn', message: `what ends soon cannot be told: ${nameOfError(error)}` })
  }
}

async function marksOf(latchkey: Latchkey): Promise<Marks> {
  const store = latchkey.equipped?.store
  if (store) return storedMarks(store)
  const marks = ofProcess.get(latchkey) ?? processMarks()
  ofProcess.set(latchkey, marks)
  return marks
}
