import { webhooks as sinkWith } from '../../src/webhooks.ts'
import type { WorkerPart } from './parts.ts'

/** Sends events to the document's webhooks, within what `waitUntil` keeps alive. */
export const webhooks: WorkerPart = (_, { now }) => ({
  sink: (settings, own, valuesOf) => sinkWith(settings, own, valuesOf, { lasting: false, now }),
})
