import type { Defer, Sink } from '../../src/model/ports.ts'
import { webhook } from '../../src/sinks/webhook.ts'

interface Bindings {
  readonly RECEIVER: string
  readonly SECRET: string
}

/** One for the isolate, as a host has it. */
let sink: Required<Sink> | undefined

/** A Worker that writes as many events as it is asked for, and answers at once. */
export default {
  async fetch(request: Request, { RECEIVER, SECRET }: Bindings, context: { waitUntil: Defer }): Promise<Response> {
    sink ??= webhook({ url: RECEIVER, secret: () => [SECRET], realm: 'worker', random: () => 0 })
    const { searchParams } = new URL(request.url)
    const message = searchParams.get('message') ?? ''
    const defer: Defer = (work) => context.waitUntil(work)
    for (let left = Number(searchParams.get('count')); left > 0; left--) {
      sink.write({ type: 'notice', level: 'warn', message }, defer)
    }
    return new Response('written')
  },
}
