import { describe, expect, it } from 'vitest'
import { resourceOf, resourcesIn } from '../../../src/cli/aws/templates/intrinsic.ts'
import type { Tree } from '../../../src/cli/aws/templates/tree.ts'
import { at, booleanOf, itemsOf, numberOf, textOf, UNKNOWN } from '../../../src/cli/aws/templates/tree.ts'
import { treeOf, Unreadable } from '../../../src/cli/aws/templates/yaml.ts'

const read = (text: string) => treeOf(text, 'file')

/** A tree as values, each with its line: `7@1`. */
function shown(tree: Tree): unknown {
  if (tree.kind === 'list') return tree.items.map(shown)
  if (tree.kind === 'call') return `${tree.name}@${tree.line.number}`
  if (tree.kind === 'scalar') return `${String(tree.value)}@${tree.line.number}`
  return Object.fromEntries(Array.from(tree.entries, ([key, value]) => [key, shown(value)]))
}

describe('reading YAML', () => {
  it('knows the line of everything', () => {
    expect(shown(read('a:\n  b: 1\n  c:\n    - x\n    - {d: y,\n       e: z}\n'))).toEqual({
      a: { b: '1@2', c: ['x@4', { d: 'y@5', e: 'z@6' }] },
    })
  })

  it('knows the lines of JSON, with tabs too', () => {
    expect(shown(read('{\n\t"a": {\n\t\t"b": [1,\n\t\ttrue]\n\t}\n}'))).toEqual({ a: { b: ['1@3', 'true@4'] } })
  })

  it.each([
    ['an alias', 'a: &x {b: 1}\nc: *x', { a: { b: '1@1' }, c: { b: '1@1' } }],
    ['a merge', 'a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3', { a: { b: '1@1', c: '2@1' }, d: { b: '1@1', c: '3@4' } }],
    ['own keys before a merge', 'a: &x {b: 1}\nd:\n  b: 2\n  <<: *x', { a: { b: '1@1' }, d: { b: '2@3' } }],
    [
      'merges, the first before others',
      'a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}',
      expect.objectContaining({ e: { b: '1@1', d: '3@2' } }),
    ],
    ['the last anchor of a name', 'a: &x 1\nb: &x 2\nc: *x', { a: '1@1', b: '2@2', c: '2@3' }],
    ['numbers as they are written', 'a: 2.0\nb: 007', { a: '2.0@1', b: '007@2' }],
    ['a key without a value', 'a:\nb: ~', { a: 'null@1', b: 'null@2' }],
  ])('reads %s', (_, text, expected) => {
    expect(shown(read(text))).toEqual(expected)
  })

  it.each([
    ['!Ref Api', 'Ref', 'Api'],
    ['{ Ref: Api }', 'Ref', 'Api'],
    ['!GetAtt Api.RootResourceId', 'Fn::GetAtt', 'Api'],
    ['!GetAtt [Api, RootResourceId]', 'Fn::GetAtt', 'Api'],
    ['{ "Fn::GetAtt": ["Api", "Arn"] }', 'Fn::GetAtt', 'Api'],
    [`!Sub \${Api.Arn}`, 'Fn::Sub', 'Api'],
    [`!Sub arn:\${AWS::Region}:\${Api.Arn}`, 'Fn::Sub', undefined],
    ['!ImportValue x', 'Fn::ImportValue', undefined],
    ['!If [Production, 300, 0]', 'Fn::If', undefined],
    ['!FindInMap [A, B, C]', 'Fn::FindInMap', undefined],
  ])('reads %s as a call', (text, name, resource) => {
    const tree = at(read(`a: ${text}`), 'a') as Tree
    expect(tree).toMatchObject({ kind: 'call', name })
    expect([resourceOf(tree), textOf(tree), numberOf(tree), booleanOf(tree)]).toEqual([
      resource,
      UNKNOWN,
      UNKNOWN,
      UNKNOWN,
    ])
  })

  it.each([
    ['!Sub plain', 'plain'],
    [`!Sub 'a \${!literal}'`, `a \${literal}`],
    ["!Join ['/', [a, b]]", 'a/b'],
    ['!Join ["", [a, !Sub b]]', 'ab'],
    ['!Ref AWS::NoValue', undefined],
    ["!Join ['/', [a, !Ref B]]", UNKNOWN],
    ['!Join 7', UNKNOWN],
  ])('puts %s together where it can', (text, expected) => {
    expect(textOf(at(read(`a: ${text}`), 'a'))).toBe(expected)
  })

  it('finds every resource that a value names, and looks at no shared part twice', () => {
    const uri = at(read(`a: !Join ['', [arn, !GetAtt A.Arn, { "Fn::Sub": ["\${B.Arn}\${x}", {x: !Ref C}] }]]`), 'a')
    expect([...resourcesIn(uri)].toSorted()).toEqual(['A', 'B', 'C', 'x'])
    const levels = Array.from({ length: 40 }, (_, level) => `l${level + 1}: &l${level + 1} [*l${level}, *l${level}]`)
    expect(resourcesIn(read(['l0: &l0 [!Ref A]', ...levels].join('\n')))).toEqual(new Set(['A']))
  })

  it('is behind a call whatever is asked of it', () => {
    const tree = read('a: !If [x, {b: 1}, {b: 2}]')
    expect(textOf(at(tree, 'a', 'b', 'c'))).toBe(UNKNOWN)
    expect(itemsOf(at(tree, 'a', 'b'))).toHaveLength(1)
  })

  it.each([
    ['two keys', 'a: 1\nb: 2\na: 3', 3, /neither YAML nor JSON \(duplicate key\)/],
    ['two documents', 'a: 1\n---\nb: 2', 2, /multiple docs/],
    ['a text without its end', 'a: 1\nb: "secret', 2, /missing char/],
    ['an alias of itself', 'a:\n  b: &x [*x]', 2, /an alias that names nothing before it/],
    ['an alias of nothing', 'a: *x', 1, /an alias that names nothing before it/],
    ['a merge of no map', 'a: 1\n<<: 2', 2, /merges what is no map/],
    ['a key that is a list', '? [a]\n: b', 1, /a key that is no text/],
    ['too many brackets', '['.repeat(100_000), 1, /neither YAML nor JSON|nested too deeply/],
  ])('refuses %s, and tells the line and nothing of the text', (_, text, line, message) => {
    const error = (() => {
      try {
        read(text)
      } catch (thrown) {
        return thrown as Unreadable
      }
      return undefined
    })()
    expect(error).toBeInstanceOf(Unreadable)
    expect(error?.line).toEqual({ file: 'file', number: line })
    expect(error?.message).toMatch(message)
    expect(error?.message).not.toContain('secret')
  })
})
