import type { Settings } from './config.ts'
import { keyLog } from './keys/log.ts'
import type { RecorderParts } from './keys/recorder.ts'
import { recorder } from './keys/recorder.ts'
import { random } from './lib/random.ts'
import type { Recorder } from './model/ports.ts'
import { addressText } from './observe.ts'

/** Counts what issued keys do, and keeps what was refused to them, as a document lets addresses be written. */
export function recorderOf(
  { log }: Settings,
  { store, ...parts }: Pick<RecorderParts, 'store' | 'sink' | 'now' | 'wait' | 'flushSeconds'>,
): Recorder {
  return recorder({ ...parts, store, random, log: keyLog({ store, random }), addressOf: addressText(log.address) })
}
