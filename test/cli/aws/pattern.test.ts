import { describe, expect, it } from 'vitest'
import type { Api, Method, Protocol } from '../../../src/cli/aws/model.ts'
import { describe as named } from '../../../src/cli/aws/names.ts'
import { servedBy } from '../../../src/cli/aws/pattern.ts'
import { UNKNOWN } from '../../../src/cli/aws/templates/tree.ts'
import { trafficOf } from '../../../src/cli/aws/traffic.ts'
import { settingsOf } from '../../../src/config.ts'
import type { RouteDocument } from '../../../src/document.ts'

const LINE = { file: 'template', number: 1 }

function api(protocol: Protocol, methods: readonly string[]): Api {
  return {
    ...{ line: LINE, protocol, name: 'api', id: UNKNOWN, isElsewhere: false, hasCors: false, answersPreflights: false },
    ...{ stages: [], authorizers: [], responses: [] },
    methods: methods.map((text): Method => {
      const [verb = '', path = ''] = text === '$default' ? ['ANY', text] : text.split(' ')
      return { line: LINE, verb, path, guard: 'nobody', integration: undefined }
    }),
  }
}

describe('which method serves a request', () => {
  const METHODS = [
    'GET /',
    'GET /pets/{id}',
    'GET /pets/cat',
    'ANY /pets/cat',
    'POST /pets/{id}',
    'GET /pets/{rest+}',
    'ANY /{all+}',
  ]

  it.each([
    ['GET /', 'GET /'],
    ['GET /pets/cat', 'GET /pets/cat'],
    ['PUT /pets/cat', 'ANY /pets/cat'],
    ['GET /pets/dog', 'GET /pets/{id}'],
    ['GET /pets/dog/tail', 'GET /pets/{rest+}'],
    ['GET /pets/', 'ANY /{all+}'],
    ['GET /else', 'ANY /{all+}'],
    ['POST /', undefined],
  ])('of a REST API: %s', (request, expected) => {
    const [verb = '', path = ''] = request.split(' ')
    const found = servedBy(api('rest', METHODS), verb, path)
    expect(found && named(found)).toBe(expected)
  })

  it.each([
    // A REST API has chosen the path, and stays with it; an HTTP API looks on.
    ['rest', 'DELETE /pets/dog', undefined],
    ['http', 'DELETE /pets/dog', 'ANY /{all+}'],
    ['http', 'GET /pets/cat', 'GET /pets/cat'],
    ['http', 'POST /', '$default'],
    ['http', 'GET /pets/', 'ANY /{all+}'],
  ] as const)('of an API of kind %s: %s', (protocol, request, expected) => {
    const [verb = '', path = ''] = request.split(' ')
    const found = servedBy(api(protocol, [...METHODS, ...(protocol === 'http' ? ['$default'] : [])]), verb, path)
    expect(found && named(found)).toBe(expected)
  })
})

describe('what a method serves of a document', () => {
  function served(methods: readonly string[], routes: readonly RouteDocument[], protocol: Protocol = 'http'): string[] {
    const credentials = [{ kind: 'static-token', tokens: { secret: 'A' } }] as const
    const settings = settingsOf({ credentials, routes }, { transport: 'any' })
    const found = trafficOf(api(protocol, methods), settings)
    return found.map(({ method, verb, path, route }) => `${named(method)}: ${verb} ${path} ${route?.path ?? '-'}`)
  }

  it.each([
    ['a literal', ['GET /a/b'], [{ path: '/a/b' }], ['GET /a/b: GET /a/b /a/b']],
    ['the root', ['GET /'], [{ path: '/' }], ['GET /: GET / /']],
    ['a parameter', ['GET /a/{b}'], [{ path: '/a/:c' }], ['GET /a/{b}: GET /a/latchkey-sample /a/:c']],
    [
      'a literal of the document under a parameter of the template',
      ['GET /a/{b}'],
      [{ path: '/a/list', public: true }, { path: '/a/:c' }],
      ['GET /a/{b}: GET /a/latchkey-sample /a/:c', 'GET /a/{b}: GET /a/list /a/list'],
    ],
    [
      'a parameter of the document over a literal of the template',
      ['GET /a/list'],
      [{ path: '/a/:c' }],
      ['GET /a/list: GET /a/list /a/:c'],
    ],
    ['a tail of the document', ['GET /a/b'], [{ path: '/a/*' }], ['GET /a/b: GET /a/b /a/*']],
    ['nothing of a longer tail', ['GET /a'], [{ path: '/a/*' }], ['GET /a: GET /a -']],
    [
      'a greedy path',
      ['GET /a/{b+}'],
      [{ path: '/a/b/:c' }],
      [
        'GET /a/{b+}: GET /a/latchkey-sample -',
        'GET /a/{b+}: GET /a/latchkey-sample/latchkey-sample -',
        'GET /a/{b+}: GET /a/b/latchkey-sample /a/b/:c',
      ],
    ],
    [
      'a greedy path and a tail',
      ['GET /a/{b+}'],
      [{ path: '/a/b/*' }],
      [
        'GET /a/{b+}: GET /a/latchkey-sample -',
        'GET /a/{b+}: GET /a/latchkey-sample/latchkey-sample -',
        'GET /a/{b+}: GET /a/b/latchkey-sample /a/b/*',
      ],
    ],
    [
      'whatever is left',
      ['GET /a', '$default'],
      [
        { path: '/a', methods: ['GET'] },
        { path: '/', methods: ['GET'] },
      ],
      ['GET /a: GET /a /a', expect.stringContaining('$default: GET / /')],
    ],
    [
      'not what another method serves',
      ['GET /a/{b}', 'GET /a/c'],
      [{ path: '/a/c' }],
      ['GET /a/{b}: GET /a/latchkey-sample -', 'GET /a/c: GET /a/c /a/c'],
    ],
    [
      'the route of its own method',
      ['POST /a'],
      [
        { path: '/a', methods: ['GET'] },
        { path: '/a', methods: ['POST'] },
      ],
      ['POST /a: POST /a /a'],
    ],
    [
      'not what slips past a protected route',
      ['GET /A'],
      [{ path: '/a' }, { path: '/*', public: true }],
      ['GET /A: GET /A -'],
    ],
    ['no preflight', ['OPTIONS /a'], [{ path: '/a' }], []],
  ] satisfies [string, string[], RouteDocument[], unknown[]][])('%s', (_, methods, routes, expected) => {
    expect(served(methods, routes)).toEqual(expect.arrayContaining(expected))
    if (!methods.includes('$default')) expect(served(methods, routes)).toHaveLength(expected.length)
  })

  it('ANY is every method but OPTIONS', () => {
    expect(served(['ANY /a'], [{ path: '/a', methods: ['GET'] }])).toEqual([
      'ANY /a: GET /a /a',
      'ANY /a: HEAD /a /a',
      'ANY /a: POST /a -',
      'ANY /a: PUT /a -',
      'ANY /a: PATCH /a -',
      'ANY /a: DELETE /a -',
    ])
  })
})
