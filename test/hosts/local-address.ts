import { networkInterfaces } from 'node:os'
import type { Vector } from './vector.ts'
import { judgesAddress } from './vector.ts'

/** A row whose outcome tells https from http runs over TLS; any other over plain TCP, on loopback. */
export function dependsOnScheme({ document, expect: expected }: Vector): boolean {
  const tellsScheme = expected.origin?.headers?.['x-forwarded-proto'] !== undefined
  const hasCookies = document.credentials?.some((each) => each.from?.some((place) => place.cookie !== undefined))
  return document.transport === 'https' || tellsScheme || hasCookies === true
}

/**
 * The address that the row's socket is bound to: any of 127.0.0.0/8, or, where all that counts is that it is none of
 * loopback, the machine's own. Undefined: the row's outcome depends on an address that no socket here can have.
 */
export function localAddress(vector: Vector): string | undefined {
  const { document, request, expect: expected } = vector
  if (request.address === undefined) return undefined
  if (request.address.startsWith('127.')) return request.address
  const isJudged = judgesAddress(vector) || document.proxies?.addresses !== undefined
  const isTold = typeof expected.origin?.headers?.['x-forwarded-for'] === 'string'
  if (isJudged || isTold || request.address.includes(':')) return undefined
  return document.transport === 'https' && request.scheme === 'http' ? ownAddress() : '127.0.0.1'
}

function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}
