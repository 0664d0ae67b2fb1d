import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import { authorizerOf } from '../model.ts'
import type { Subject } from '../subject.ts'

/** How long API Gateway lets a WebSocket connection live, in seconds. */
const CONNECTION_SECONDS = 7200

/** Who is connected is asked no more. */
export function websockets({ settings, apis }: Subject): Finding[] {
  const within = settings.document.revocation?.withinSeconds ?? Number.POSITIVE_INFINITY
  const open = apis.filter(({ protocol, methods }) => protocol === 'websocket' && methods.some(authorizerOf))
  if (within >= CONNECTION_SECONDS) return []
  return open.map(({ line, name }) => {
    const message = `connections to ${name} live for up to 2 h after a revocation, where "revocation" allows ${within} s: close them yourself, by @connections`
    return finding(line, 'websocket-outlives', message)
  })
}
