import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { REASONS } from '../../src/model/reason.ts'

/** What docs/aws-operations.md tells people to paste into CloudWatch. */

const FOLDER = 'examples/aws-queries'
const PAGE = readFileSync('docs/aws-operations.md', 'utf8')
const [, EXAMPLE = ''] = /^```json event\n([\s\S]*?)^```$/m.exec(readFileSync('docs/events.md', 'utf8')) ?? []
const EVENT = JSON.parse(EXAMPLE) as object

/** Words of the query language that are used here; all others must be members of an event, or names that a query gives. */
const LANGUAGE =
  'filter stats sort limit by as and like desc count count_distinct sum max strcontains @timestamp'.split(' ')

function wordsOf(query: string): string[] {
  const bare = query.replace(/"[^"]*"|\/[^/]*\//g, ' ')
  return Array.from(bare.matchAll(/@?[A-Za-z_]\w*/g), ([word]) => word)
}

describe.each(readdirSync(FOLDER))('the query %s', (name) => {
  const query = readFileSync(`${FOLDER}/${name}`, 'utf8')
  const named = Array.from(query.matchAll(/\bas (\w+)/g), ([, word]) => word as string)

  it('asks for members that decisions have', () => {
    const members = wordsOf(query).filter((word) => !LANGUAGE.includes(word) && !named.includes(word))
    expect(members.length).toBeGreaterThan(3)
    expect(members.filter((word) => !Object.hasOwn(EVENT, word))).toEqual([])
  })

  it('compares them with values that they can have', () => {
    const compared = Array.from(query.matchAll(/(\w+)(?: = |, )"([^"]*)"/g), ([, member, value]) => [member, value])
    expect(compared).toContainEqual(['type', 'decision'])
    for (const [member, value] of compared) {
      const values = { type: ['decision'], decision: ['allow', 'deny'] }[member as string]
      expect(values, `${member}`).toContain(value)
    }
  })

  it('gives its columns names that no member has, and sorts by one of them', () => {
    expect(named.filter((word) => Object.hasOwn(EVENT, word))).toEqual([])
    expect(named).toContain(/\| sort (\w+)/.exec(query)?.[1])
  })

  it('is told in the page', () => {
    expect(PAGE).toContain(`../${FOLDER}/${name}`)
  })
})

describe('the alarms', () => {
  it('are about reasons that there are', () => {
    const reasons = Array.from(PAGE.matchAll(/`reason` = `([a-z-]+)`|Name: reason, Value: ([a-z-]+)/g), (match) =>
      String(match[1] ?? match[2]),
    )
    expect(reasons.length).toBeGreaterThan(3)
    expect(reasons.filter((reason) => !Object.hasOwn(REASONS, reason))).toEqual([])
  })

  it('find a notice, and no decision that a caller has made look like one', () => {
    const [, pattern = ''] = /FilterPattern: '"(.*)"'/.exec(PAGE) ?? []
    const text = pattern.replaceAll('\\"', '"')
    const notice = { type: 'notice', level: 'error', message: 'x' }
    expect(JSON.stringify(notice)).toContain(text)
    expect(JSON.stringify({ ...EVENT, userAgent: JSON.stringify(notice), path: `/${text}` })).not.toContain(text)
  })
})
