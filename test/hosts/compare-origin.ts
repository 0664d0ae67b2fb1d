import type { Field } from '../../src/http/hop-by-hop.ts'
import { differs, fieldOf, fieldsDiffer } from './differ.ts'
import type { Received } from './observed.ts'
import type { Vector } from './vector.ts'

/** What is not as expected of the request that arrived at the origin. */
export function originDiffers(vector: Vector, received: Received | undefined): string[] {
  if (!received) return ['nothing arrived at the origin']
  const { request, expect } = vector
  return [
    ...differs('method at the origin', request.method, received.method),
    ...differs('target at the origin', expect.origin?.target ?? request.target, received.target),
    ...fieldsDiffer('origin', expect.origin?.headers, received.headers),
    ...identityDiffers(vector, received.headers),
    ...strayCredentials(vector, received),
  ]
}

const IDENTITY = ['Subject', 'Kind', 'Type', 'Name', 'Owner', 'Permissions', 'Expires', 'Request-Id']

/** Every identity field is there exactly once, whatever the row says of its value. */
export function identityDiffers({ expect, request }: Vector, fields: readonly Field[]): string[] {
  const isVerify = expect.outcome === 'latchkey' && request.target.split('?')[0]?.includes('/verify')
  if (expect.outcome === 'latchkey' && !isVerify) return []
  const counts = IDENTITY.flatMap((name) => {
    const count = fields.filter(([each]) => each.toLowerCase() === `x-latchkey-${name.toLowerCase()}`).length
    return differs(`how often X-Latchkey-${name} is there`, 1, count)
  })
  const values = Object.entries(expect.identity ?? {}).flatMap(([name, value]) =>
    differs(`X-Latchkey-${name}`, value, fieldOf(fields, `x-latchkey-${name}`)),
  )
  return [...counts, ...values]
}

/** No secret arrives but where the row says so: in a field that it names, with a value that holds it. */
function strayCredentials({ secrets, hidden, expect }: Vector, { target, headers }: Received): string[] {
  const texts = Object.values({ ...secrets, ...hidden })
    .map((text) => text.trim())
    .filter((text) => text.length >= 8)
  const expected = new Set(Object.keys(expect.origin?.headers ?? {}).map((name) => name.toLowerCase()))
  const places: Field[] = [['the target', target], ...headers.filter(([name]) => !expected.has(name.toLowerCase()))]
  const isExpected = (name: string) => name === 'the target' && expect.origin?.target === target
  return places
    .filter(([name, value]) => !isExpected(name) && texts.some((text) => value.includes(text)))
    .map(([name]) => `a credential arrived at the origin in ${name}`)
}
