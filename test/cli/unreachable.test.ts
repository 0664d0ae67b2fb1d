import { describe, expect, it } from 'vitest'
import { unreachable } from '../../src/cli/unreachable.ts'
import type { RouteDocument } from '../../src/document.ts'

const GET = { methods: ['GET'] }

describe('a route', () => {
  it.each<[string, RouteDocument[], string[]]>([
    ['behind one that takes everything', [{ path: '/*' }, { path: '/a' }, { path: '/b/*' }], ['/a', '/b/*']],
    ['behind the same path', [{ path: '/a' }, { path: '/a', ...GET }], ['/a']],
    ['behind a parameter', [{ path: '/a/:id' }, { path: '/a/me' }, { path: '/a/:other' }], ['/a/me', '/a/:other']],
    ['behind a tail of its own folder', [{ path: '/a/*' }, { path: '/a/b/c' }], ['/a/b/c']],
  ])('%s is unreachable', (_, routes, expected) => {
    expect(unreachable(routes).map(({ route }) => route.path)).toEqual(expected)
  })

  it.each<[string, RouteDocument[]]>([
    ['before a wider one', [{ path: '/a' }, { path: '/*' }]],
    [
      'with a method of its own',
      [
        { path: '/a', ...GET },
        { path: '/a', methods: ['GET', 'POST'] },
      ],
    ],
    ['with every method, behind one of them', [{ path: '/*', ...GET }, { path: '/a' }]],
    ['of the folder itself', [{ path: '/a/*' }, { path: '/a' }]],
    ['with an empty segment where a parameter stands', [{ path: '/:a' }, { path: '/' }]],
    ['with a tail behind a parameter', [{ path: '/a/:b' }, { path: '/a/*' }]],
  ])('%s is not', (_, routes) => {
    expect(unreachable(routes)).toEqual([])
  })
})
