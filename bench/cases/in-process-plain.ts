import type { Section } from '../table.ts'
import { measure } from './in-process.ts'

/** The same with Node's own `Response`, as in a test or where another server than @hono/node-server calls the app. */
export function run(rounds: number): Promise<Section[]> {
  return measure("in process with Node's own Response", rounds)
}
