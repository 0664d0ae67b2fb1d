import { REQUEST_ID_HEADER } from './identity.ts'
import type { Access } from './model/access.ts'
import type { Reason } from './model/reason.ts'
import type { Reply } from './respond.ts'

/**
 * Whether a caller is a gRPC client, and so reads `grpc-status` only: POST, `application/grpc*`, and `te: trailers`,
 * which grpc-web does not send.
 */
export function isGrpc(access: Access): boolean {
  if (access.method !== 'POST') return false
  const type = access.header('content-type')[0]?.toLowerCase()
  if (type === undefined || !type.startsWith('application/grpc')) return false
  return (
    type.startsWith('application/grpc-web') || access.header('te').some((value) => /(?:^|,)\s*trailers\b/i.test(value))
  )
}

/** gRPC status codes by HTTP status: INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE. */
const CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 429: 8, 502: 14, 503: 14, 504: 14 }

/** The gRPC status code that tells what an HTTP status tells; UNKNOWN where none does. */
export function grpcCode(status: number): number {
  return CODES[status] ?? 2
}

/** A refusal in gRPC's "Trailers-Only" form: HTTP 200, no body, status and message among the headers. */
export function grpcReply(reason: Reason, status: number, access: Access): Reply {
  const type = access.header('content-type')[0] ?? ''
  return {
    status: 200,
    headers: {
      'Content-Type': /^application\/grpc[A-Za-z0-9+.-]*$/.test(type) ? type : 'application/grpc',
      'Cache-Control': 'no-store',
      'grpc-status': String(grpcCode(status)),
      'grpc-message': reason,
      [REQUEST_ID_HEADER]: access.requestId,
    },
    body: '',
  }
}
