import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Got, Tokens } from '../../examples/strapi/ask.ts'
import type { Rows } from './strapi.ts'
import { ENCRYPTION_KEY, SALT } from './strapi.ts'
import type { Row } from './table.ts'
import { differs, tableOf } from './table.ts'

const EXAMPLE = new URL('../../examples/strapi/', import.meta.url)

/** What a run has captured. */
export interface Captured {
  /** Strapi's. */
  readonly version: string
  /** Strapi's tables as they were imported. */
  readonly rows: Rows
  readonly tokens: Tokens
  /** Strapi first, then the gates. */
  readonly columns: readonly string[]
  readonly table: readonly Row[]
}

/** Keeps a run for `examples/strapi`: what its test repeats on the stand-in, and the tables that people read. */
export function keep({ version, rows, tokens, columns, table }: Captured): void {
  mkdirSync(new URL('fixtures/', EXAMPLE), { recursive: true })
  write('fixtures/rows.json', rows)
  write('fixtures/keys.json', { strapi: version, salt: SALT, encryptionKey: ENCRYPTION_KEY, tokens })
  write('fixtures/answers.json', table.map(answerOf))
  const titles = ['Strapi', ...columns.slice(1)]
  const date = new Date().toISOString().slice(0, 10)
  const readMe = readFileSync(new URL('README.md', EXAMPLE), 'utf8')
  const different = table.filter(differs)
  const alike = table.length - different.length
  const measured = [
    `Strapi ${version}, ${date}. ${alike} of ${table.length} requests are answered alike everywhere; these are not:`,
    tableOf(titles, different),
  ].join('\n\n')
  const between = /(?<=<!-- measured -->)[\s\S]*?(?=<!-- end -->)/
  writeFileSync(
    new URL('README.md', EXAMPLE),
    readMe.replace(between, () => `\n\n${measured}\n\n`),
  )
  const all = `# All that was measured\n\nStrapi ${version}, ${date}. What differs from Strapi is bold.\n\n${tableOf(titles, table)}\n`
  writeFileSync(new URL('measured.md', EXAMPLE), all)

  /** Of the gates a body is told only where it is not Strapi's. */
  function answerOf({ asked, got }: Row): object {
    const [strapi, ...gates] = got as [Got, ...Got[]]
    const told = gates.map(({ status, contentType, body }, place) => {
      const isSame = contentType === strapi.contentType && body === strapi.body
      return [columns[place + 1], isSame ? { status } : { status, contentType, body }]
    })
    return { ...asked, strapi, ...Object.fromEntries(told) }
  }
}

function write(name: string, content: unknown): void {
  writeFileSync(new URL(name, EXAMPLE), `${JSON.stringify(content, null, 2)}\n`)
}
