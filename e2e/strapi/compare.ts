import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Got } from '../../examples/strapi/ask.ts'
import { askAll } from './ask.ts'
import { keep } from './fixtures.ts'
import { documentOf, gatesBefore } from './gates.ts'
import { REQUESTS } from './requests.ts'
import { install, startStrapi } from './strapi.ts'
import { tableOf } from './table.ts'
import { makeGateToken, makeTokens, replaceToken } from './tokens.ts'

/**
 * Sends the same requests to a real Strapi and through the gate, and prints a table of what was answered. `--write` keeps
 * the answers, the rows of Strapi's tokens and the table for `examples/strapi`.
 */

const COLUMNS = { strict: 'latchkey.json', compat: 'latchkey.compat.json', forward: 'latchkey.forward.json' } as const

/** The strict document, but for one word on one route: what nobody should write. */
function careless() {
  const document = documentOf(COLUMNS.strict)
  const routes = document.routes.map((route) => (route.path === '/graphql' ? { ...route, access: 'read' } : route))
  return { ...document, routes }
}

install()
const folder = mkdtempSync(join(tmpdir(), 'latchkey-strapi-'))
const strapi = await startStrapi(folder)
try {
  const imported = await makeTokens(strapi)
  const rows = strapi.rows()
  const file = join(folder, 'rows.json')
  writeFileSync(file, JSON.stringify(rows))
  const gates = gatesBefore(strapi.url, await makeGateToken(strapi), folder)
  gates.take(file)
  await replaceToken(strapi)
  const tokens = { ...imported, unknown: 'ab'.repeat(128), issued: gates.issue('issued') }

  const answers: Record<string, readonly Got[]> = { strapi: await askAll(strapi.url, REQUESTS, strapi, tokens) }
  for (const [column, name] of Object.entries(COLUMNS)) {
    const gate = await gates.serve(documentOf(name))
    answers[column] = await askAll(gate.url, REQUESTS, strapi, tokens)
    await gate.stop()
  }
  const gate = await gates.serve(careless())
  const graphql = REQUESTS.filter(({ path }) => path === '/graphql')
  const open = await askAll(gate.url, graphql, strapi, tokens)
  await gate.stop()

  const table = REQUESTS.map((asked, place) => {
    return { asked, got: Object.values(answers).map((each) => each[place] as Got) }
  })
  const columns = Object.keys(answers)
  console.log(`Strapi ${strapi.version}\n\n${tableOf(columns, table)}\n`)
  console.log('`"access": "read"` on /graphql without `"forward": true`:\n')
  console.log(
    tableOf(
      ['gate'],
      graphql.map((asked, place) => ({ asked, got: [open[place] as Got] })),
    ),
  )
  if (process.argv.includes('--write')) keep({ version: strapi.version, rows, tokens: imported, columns, table })
} finally {
  await strapi.stop()
  rmSync(folder, { recursive: true, force: true })
}
