import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ENDPOINTS } from '../../../scripts/openapi/endpoints.ts'
import { OPERATIONS } from '../../../src/http/keys/operations.ts'
import { PROBLEMS } from '../../../src/http/keys/problems.ts'
import { DESCRIBED, errorsBy } from './described.ts'

const PAGE = readFileSync(new URL('../../../docs/keys-api.md', import.meta.url), 'utf8')

/** The cells of every row of the page's tables. */
const ROWS = Array.from(PAGE.matchAll(/^\| (.*) \|$/gm), ([, cells]) => (cells as string).split(' | '))

describe('docs/keys-api.md', () => {
  test('has a row for each operation, with what it needs', () => {
    const rows = ROWS.filter(([cell]) => /^`(?:GET|POST|PATCH|DELETE) /.test(cell as string))
    const permissionOf = (needs = '') => /latchkey\.[a-z.]+/.exec(needs)?.[0]
    const told = rows.map(([operation, needs, access]) => [operation?.replaceAll('`', ''), permissionOf(needs), access])
    const expected = OPERATIONS.map(({ method, path, permission, access }) => [
      `${method} ${path.slice(1)}`,
      permission,
      access,
    ])
    expect(told).toEqual(expected)
  })

  test('has a row for each problem, with its status', () => {
    const told = ROWS.filter(([status]) => /^[45]\d\d$/.test(status as string)).map(([status, reason]) => [
      reason,
      status,
    ])
    const expected = Object.entries(PROBLEMS).map(([reason, { status }]) => [`\`${reason}\``, String(status)])
    expect(told.sort()).toEqual(expected.sort())
  })

  test('names every member and parameter that is taken', () => {
    const schemas = DESCRIBED.components.schemas as Record<
      string,
      { properties?: object; items?: { properties: object } }
    >
    const members = ['NewKey', 'KeyChange', 'Rotation', 'Revocation', 'ImportedKeys', 'Key', 'Introspection'].flatMap(
      (name) => Object.keys(schemas[name]?.properties ?? schemas[name]?.items?.properties ?? {}),
    )
    const parameters = Object.values(ENDPOINTS).flatMap(({ query }) =>
      Object.keys((query as unknown as { pipe: [unknown, { entries: object }] } | undefined)?.pipe[1].entries ?? {}),
    )
    expect(parameters).toContain('search')
    for (const name of new Set([...members, ...parameters])) expect(PAGE).toMatch(new RegExp(`[\`"]${name}[\`"]`))
  })

  test('shows keys, problems and tokens as they are', () => {
    const examples = Array.from(PAGE.matchAll(/^ {4}\{[\s\S]*?\}$(?=\n\n)/gm), ([text]) => JSON.parse(text) as object)
    expect(examples).toHaveLength(4)
    for (const [place, schema] of ['Key', 'Problem', 'Introspection', 'OwnRotationResult'].entries()) {
      const errors = errorsBy({ $ref: `#/components/schemas/${schema}` }, examples[place])
      expect({ schema, errors }).toEqual({ schema, errors: [] })
    }
  })
})
