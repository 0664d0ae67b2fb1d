import type { Sink } from '../../src/model/ports.ts'
import { notice } from '../../src/notice.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import { embeddedMetrics, isNamespace } from '../../src/sinks/embedded-metrics.ts'

/** The sink of a function whose `LATCHKEY_AWS_METRICS` has a value: what that names is what CloudWatch puts metrics under. */
export function metricsSink(namespace: string): Sink {
  if (isNamespace(namespace)) return embeddedMetrics(namespace, line)
  const sink = consoleSink()
  notice({ sink }, 'error', 'LATCHKEY_AWS_METRICS names no namespace of CloudWatch: no metrics are written')
  return sink
}

/** Where a function's logs are JSON, Lambda puts what the console is given into a member of its own, out of sight. */
function line(text: string): void {
  if (process.env['AWS_LAMBDA_LOG_FORMAT'] === 'JSON') process.stdout.write(`${text}\n`)
  else console.log(text)
}
