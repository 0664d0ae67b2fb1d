import type { Dialect, Wording } from '../model/dialect.ts'

/** Strapi 5's error envelope: its clients read `error.name` and `error.message`. */
export const strapi: Dialect = {
  contentType: 'application/json; charset=utf-8',
  body: (wording) =>
    JSON.stringify({
      data: null,
      error: { status: wording.status, name: nameOf(wording.status), message: messageOf(wording), details: {} },
    }),
}

function nameOf(status: number): string {
  switch (status) {
    case 400:
      return 'BadRequestError'
    case 401:
      return 'UnauthorizedError'
    case 403:
      return 'ForbiddenError'
    case 429:
      return 'RateLimitError'
    default:
      return 'ApplicationError'
  }
}

function messageOf({ reason, status, title }: Wording): string {
  if (reason === 'token-expired') return 'Token expired'
  if (status === 401) return 'Missing or invalid credentials'
  if (status === 403) return 'Forbidden'
  return title
}
