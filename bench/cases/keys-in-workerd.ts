import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { D1Database } from '../../src/stores/cloudflare-d1.ts'
import { cloudflareD1 } from '../../src/stores/cloudflare-d1.ts'
import { workerBundle } from '../bundle.ts'
import { TOKEN, WRONG_TOKEN } from '../document.ts'
import { forge, issue, keep } from '../keys.ts'
import type { Batch, Measured } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { Loop } from '../subjects/keys-worker.ts'
import type { Row, Section } from '../table.ts'
import { COMPATIBILITY_DATE } from '../workerd.ts'

const FAST = 4000
/** Of what asks D1 or KV for each request. */
const ASKING = 200

/**
 * Issued keys in real workerd, with D1 and KV as wrangler has them on one machine: no network lies between. The clock is
 * the asker's, so that a batch includes one request to the Worker.
 */
export async function run(rounds: number): Promise<Section[]> {
  const platform = new Miniflare(
    convertV4MiniflareOptions({
      port: 0,
      compatibilityDate: COMPATIBILITY_DATE,
      modules: true,
      script: await workerBundle(fileURLToPath(new URL('../subjects/keys-worker.ts', import.meta.url))),
      d1Databases: { KEYS: 'keys' },
      kvNamespaces: { TOKENS: 'tokens' },
    }),
  )
  try {
    const url = await platform.ready
    const key = await fill(platform)
    const forged = Array.from({ length: 100 }, forge)
    const sections: Section[] = []
    for (const inFlight of [1, 32]) {
      const batch = (app: Loop['app'], tokens: readonly string[], requests: number, status = 200) =>
        batchOf(url, { app, tokens, requests, inFlight }, status)
      const measured = await interleave(
        batch('static', [TOKEN], FAST),
        {
          same: batch('same', [TOKEN], FAST),
          key: batch('keys', [key], FAST),
          refused: batch('static', [WRONG_TOKEN], FAST, 401),
          forged: batch('keys', forged, FAST, 401),
          new: batch('new', [key], ASKING),
          kv: batch('kv', [key], ASKING),
          d1: batch('d1', [key], ASKING),
        },
        rounds,
      )
      const way = inFlight === 1 ? 'one request at a time' : `${inFlight} requests in flight`
      sections.push({ title: `issued keys in workerd with D1, ${way}`, rows: rowsOf(measured) })
    }
    return sections
  } finally {
    await platform.dispose()
  }
}

type Name = 'same' | 'key' | 'refused' | 'forged' | 'new' | 'kv' | 'd1'

function rowsOf(measured: Measured<Name>): Row[] {
  return [
    { name: 'A/A: a static token / the same', ...toBaseline(measured, 'same') },
    { name: 'a key seen before / a static token', ...toBaseline(measured, 'key') },
    { name: "a forged key's refusal / a static token's", ...toCase(measured, 'forged', 'refused') },
    { name: 'a key that nobody has shown before / one seen before', ...toCase(measured, 'new', 'key') },
    { name: 'hono/bearer-auth with a look-up in KV / a key seen before', ...toCase(measured, 'kv', 'key') },
    { name: 'hono/bearer-auth with a look-up in D1 / a key seen before', ...toCase(measured, 'd1', 'key') },
    {
      name: 'hono/bearer-auth with a look-up in D1 / a key that nobody has shown before',
      ...toCase(measured, 'd1', 'new'),
    },
  ]
}

/** What is used of a KV namespace. */
interface Namespace {
  put(key: string, value: string): Promise<void>
}

/** One key, as Latchkey keeps it in D1, and as others keep a token: by its SHA-256 in KV and in a table of D1. */
async function fill(platform: Miniflare): Promise<string> {
  const database = (await platform.getD1Database('KEYS')) as unknown as D1Database
  const migrations = new URL('../../migrations/d1/', import.meta.url)
  const statements = readdirSync(migrations)
    .sort()
    .flatMap((name) =>
      readFileSync(new URL(name, migrations), 'utf8')
        .replaceAll(/^--.*$/gm, '')
        .split(';'),
    )
    .filter((sql) => sql.trim() !== '')
  await database.batch(
    [...statements, 'CREATE TABLE tokens (hash TEXT NOT NULL PRIMARY KEY)'].map((sql) => database.prepare(sql)),
  )
  const key = issue(1)
  await keep(key, cloudflareD1(database))
  const hash = createHash('sha256').update(key.token).digest('hex')
  await database.prepare('INSERT INTO tokens VALUES (?1)').bind(hash).all()
  const namespace = (await platform.getKVNamespace('TOKENS')) as unknown as Namespace
  await namespace.put(hash, '1')
  return key.token
}

function batchOf(url: URL, loop: Loop, status: number): Batch {
  const body = JSON.stringify(loop)
  const expected = JSON.stringify({ [status]: loop.requests })
  return async () => {
    const started = performance.now()
    const counted = await (await fetch(url, { method: 'POST', body })).text()
    const clock = ((performance.now() - started) * 1000) / loop.requests
    if (counted !== expected) throw new Error(`${loop.app} answered ${counted} and not ${expected}`)
    return { clock }
  }
}
