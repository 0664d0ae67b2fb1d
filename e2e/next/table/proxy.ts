import { readFileSync } from 'node:fs'
import type { Document } from 'latchkey'
import { apiKey, env, gatewayKey, jwt, type Middleware, middleware } from 'latchkey/vercel'
import type { NextRequest } from 'next/server'

interface Row {
  readonly document: Document
  readonly secrets: Readonly<Record<string, string>>
  readonly now: number
}

let rows: readonly Row[] | undefined
const KINDS = [apiKey, gatewayKey, jwt]
const gates = new Map<string, Middleware>()

/** The gate of the row whose place in the table stands in `x-row`. */
export async function proxy(request: NextRequest): Promise<Response> {
  const place = request.headers.get('x-row') ?? ''
  request.headers.delete('x-row')
  rows ??= JSON.parse(readFileSync(process.env.TABLE as string, 'utf8')) as Row[]
  const { document, secrets, now } = rows[Number(place)] as Row
  const gate = gates.get(place) ?? middleware({ document, verifiers: KINDS, secrets: env(secrets), now: () => now })
  gates.set(place, gate)
  return gate(request)
}
