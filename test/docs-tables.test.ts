import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const FOLDERS = ['..', '../docs', '../docs/decisions', ...examples()]

function examples(): string[] {
  return readdirSync(new URL('../examples', import.meta.url), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [`../examples/${entry.name}`] : [],
  )
}

function pages(folder: string): URL[] {
  const at = new URL(`${folder}/`, import.meta.url)
  return readdirSync(at).flatMap((name) => (name.endsWith('.md') ? [new URL(name, at)] : []))
}

/** Rows that stand together, of which a reader sees a table only where a line of dashes follows the first. */
function tablesOf(text: string): string[][] {
  const outside = text.replace(/^ *```[\s\S]*?^ *```$/gm, '')
  return Array.from(outside.matchAll(/(?:^\|.*\n)+/gm), ([rows]) => rows.trimEnd().split('\n'))
}

const PAGES = FOLDERS.flatMap(pages).map((url) => [url.pathname.split('/').slice(-2).join('/'), url] as const)

test.each(PAGES)('%s has no row outside of a table', (_, url) => {
  const broken = tablesOf(readFileSync(url, 'utf8')).filter(([, second = '']) => !/^\|[\s:|-]+\|$/.test(second))
  expect(broken.map(([first]) => first)).toEqual([])
})

test.each(['cdk', 'sam', 'terraform'])('what the page of %s for AWS calls by a variable, it has set before', (name) => {
  const text = readFileSync(new URL(`../examples/aws-${name}/README.md`, import.meta.url), 'utf8')
  const used = Array.from(text.matchAll(/\$([A-Z_]+)\b/g), ({ 1: variable, index }) => ({ variable, index }))
  const unset = used.filter(({ variable, index }) => {
    const before = text.slice(0, index)
    return variable !== 'PWD' && !before.includes(`${variable}=`) && !before.includes(`\`${variable}\``)
  })
  expect(unset.map(({ variable }) => variable)).toEqual([])
  expect(text.indexOf('aws configure export-credentials')).toBeLessThan(text.indexOf('latchkey keys create'))
})
