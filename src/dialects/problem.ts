import type { Dialect } from '../model/dialect.ts'

/** RFC 9457, with `reason` and `requestId` as extension members. */
export const problem: Dialect = {
  contentType: 'application/problem+json',
  body: ({ reason, status, title, requestId }) =>
    `{"type":"urn:latchkey:reason:${reason}","title":"${title}","status":${status},"reason":"${reason}","requestId":"${requestId}"}`,
}
