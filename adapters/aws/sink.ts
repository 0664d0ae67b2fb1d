import type { Maybe } from '../../src/lib/maybe.ts'
import type { Sink } from '../../src/model/ports.ts'
import { consoleSink } from '../../src/sinks/console.ts'

/** Where the events of a function go: to its log, as metrics too where a variable says so, by a module that is loaded then. */
export function sinkOf({ LATCHKEY_AWS_METRICS: namespace }: Readonly<Record<string, string | undefined>>): Maybe<Sink> {
  return namespace ? import('./metrics.ts').then(({ metricsSink }) => metricsSink(namespace)) : consoleSink()
}
