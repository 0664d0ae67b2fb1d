import type { Dialect } from '../model/dialect.ts'

/** The PraisonAI API server's own shape: one member, the status in words. */
export const praisonai: Dialect = {
  contentType: 'application/json',
  body: ({ status }) => `{"error":"${PHRASES[status] ?? 'Error'}"}`,
}

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'Too Many Requests',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}
