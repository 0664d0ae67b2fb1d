import type { Access } from '../../src/model/access.ts'

/** A header field as it was sent. */
export type Field = readonly [name: string, value: string]

/** What a test says of an access; the rest is filled in. */
export interface AccessFacts extends Partial<Omit<Access, 'header' | 'headerNames'>> {
  readonly headers?: readonly Field[] | undefined
}

/** The clock of a test that names none: 2026-06-01T00:00:00Z. */
export const NOW = 1_780_272_000

/** An access: `GET /` over https at api.example, unless said otherwise. */
export function accessOf({ headers = [], ...facts }: AccessFacts = {}): Access {
  return {
    requestId: '00000000-0000-4000-8000-000000000000',
    at: NOW,
    method: 'GET',
    scheme: 'https',
    host: 'api.example',
    target: '/',
    clientAddress: '203.0.113.7',
    loopback: false,
    header: (name) => headers.flatMap(([each, value]) => (each.toLowerCase() === name ? [value] : [])),
    headerNames: () => headers.map(([name]) => name),
    ...facts,
  }
}

/** The field of a bearer token. */
export function bearer(token: string): Field {
  return ['Authorization', `Bearer ${token}`]
}
