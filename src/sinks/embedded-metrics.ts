import type { DecisionEvent, LatchkeyEvent } from '../model/event.ts'
import type { Sink } from '../model/ports.ts'

/**
 * What CloudWatch takes for a namespace of metrics: what begins with `AWS/` is its own.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
export function isNamespace(text: string): boolean {
  return /^(?!AWS\/|:)[A-Za-z0-9 ._\-/#:]{1,255}$/.test(text) && text.trim() !== ''
}

/**
 * One JSON line an event, as the console has it; a decision has metrics in it besides, which CloudWatch takes out by its
 * embedded metric format: `Allowed` and `Refused`, 1 or 0, whose averages are parts of the whole, and `Duration`. They
 * have no dimension, but that refusals are counted by `reason` too: whatever has more values, such as an owner, is for
 * queries, as each value would be a metric that is paid for.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(namespace: string, write: (line: string) => void): Sink {
  const whole = { Namespace: namespace, Dimensions: [[]], Metrics: [ALLOWED, REFUSED, DURATION] }
  const byReason = { Namespace: namespace, Dimensions: [['reason']], Metrics: [REFUSED] }

  function withMetrics(event: DecisionEvent): object {
    const isAllowed = event.decision === 'allow'
    const CloudWatchMetrics = isAllowed ? [whole] : [whole, byReason]
    return {
      ...event,
      [ALLOWED.Name]: isAllowed ? 1 : 0,
      [REFUSED.Name]: isAllowed ? 0 : 1,
      [DURATION.Name]: event.durationMs,
      _aws: { Timestamp: Date.parse(event.time), CloudWatchMetrics },
    }
  }

  return {
    write: (event: LatchkeyEvent) => write(JSON.stringify(event.type === 'decision' ? withMetrics(event) : event)),
  }
}

const ALLOWED = { Name: 'Allowed', Unit: 'Count' }
const REFUSED = { Name: 'Refused', Unit: 'Count' }
const DURATION = { Name: 'Duration', Unit: 'Milliseconds' }
