import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { latchkey } from '../../adapters/node/hono.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { MiddlewareOptions } from '../../src/http/middleware.ts'
import { middlewareOn } from '../../src/http/middleware.ts'
import { parseKey } from '../../src/keys/format.ts'
import type { Digests } from '../../src/model/ports.ts'
import type { SqliteStore } from '../../src/stores/sqlite.ts'
import { sqlite } from '../../src/stores/sqlite.ts'
import { batchOf, timed } from '../in-process.ts'
import { fill } from '../keys.ts'
import type { Batch } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { App } from '../subjects/apps.ts'
import { expectStatus, withBearer, withKeys } from '../subjects/apps.ts'
import { betterAuthKey } from '../subjects/better-auth.mjs'
import type { Row, Section } from '../table.ts'

const FEW = 10
const MANY = 1_000_000
/** With `--quick`. */
const FEWER = 100_000
/** So many of the many are shown in turn: more than any cache here remembers. */
const SHOWN = 20_000

const DECISIONS = 2000
const READS = 2000
const DECISIONS_OF_BETTER_AUTH = 30

/** What is kept in a file: how many keys it holds, and what others do with theirs. */
export async function run(rounds: number, isQuick: boolean): Promise<Section[]> {
  getRequestListener(() => new Response())
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  try {
    return [
      {
        title: 'issued keys in SQLite, in process on Node',
        rows: [...(await howMany(rounds, folder, isQuick ? FEWER : MANY)), ...(await others(rounds, folder))],
      },
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A key that nobody has shown before, whose record is in no memory: of many keys and of few. */
async function howMany(rounds: number, folder: string, many: number): Promise<Row[]> {
  const small = fileOf(join(folder, 'few.db'), FEW, FEW)
  const same = fileOf(join(folder, 'same.db'), FEW, FEW)
  const large = fileOf(join(folder, 'many.db'), many, SHOWN)
  const [count, few] = [many, FEW].map((keys) => keys.toLocaleString('en'))
  const [smallApp, sameApp, largeApp] = (await Promise.all([small, same, large].map(forgetful))) as [App, App, App]
  const decisions = (app: App, { tokens }: File) => batchOf(app, tokens, { requests: DECISIONS, inFlight: 1 })
  const decided = await interleave(
    decisions(smallApp, small),
    { same: decisions(sameApp, same), large: decisions(largeApp, large) },
    rounds,
  )
  const read = await interleave(reads(small), { large: reads(large) }, rounds)
  for (const { store } of [small, same, large]) store.close()
  return [
    { name: `A/A: a key that nobody has shown before, of ${few} / the same`, ...toBaseline(decided, 'same') },
    {
      name: `a key that nobody has shown before, of ${count} / of ${few}`,
      ...toBaseline(decided, 'large'),
      budget: { limit: 'at most', value: 3 },
    },
    { name: `the read alone, of ${count} / of ${few}`, ...toBaseline(read, 'large') },
  ]
}

/** The same key again and again, by those who keep theirs in SQLite as well. */
async function others(rounds: number, folder: string): Promise<Row[]> {
  const file = fileOf(join(folder, 'one.db'), 1, 1)
  const betterAuth = await betterAuthKey(join(folder, 'better-auth.db'))
  const seen = withKeys(latchkey, {}, { store: file.store })
  const unseen = await forgetful(file)
  const theirs = withBearer(betterAuth.verify)
  for (const [app, token] of [
    [seen, file.tokens[0]],
    [theirs, betterAuth.token],
  ] as [App, string][]) {
    await expectStatus(app, token, 200)
  }
  const measured = await interleave(
    batchOf(seen, file.tokens, { requests: READS, inFlight: 1 }),
    {
      unseen: batchOf(unseen, file.tokens, { requests: DECISIONS, inFlight: 1 }),
      theirs: batchOf(theirs, [betterAuth.token], { requests: DECISIONS_OF_BETTER_AUTH, inFlight: 1 }),
    },
    rounds,
  )
  file.store.close()
  betterAuth.close()
  return [
    { name: 'a key that nobody has shown before / one seen before', ...toBaseline(measured, 'unseen') },
    {
      name: "better-auth's verifyApiKey / a key that nobody has shown before",
      ...toCase(measured, 'theirs', 'unseen'),
    },
    { name: "better-auth's verifyApiKey / a key seen before", ...toBaseline(measured, 'theirs') },
  ]
}

interface File {
  readonly store: SqliteStore
  readonly tokens: readonly string[]
}

function fileOf(path: string, keys: number, shown: number): File {
  const tokens = fill(path, keys, shown)
  return { store: sqlite(path), tokens }
}

/** An app to which each request is the first one that shows its token, and that remembers no record. */
async function forgetful({ store, tokens }: File): Promise<App> {
  const app = withKeys(latchkeyAnew, { cacheSeconds: 0 }, { store })
  await expectStatus(app, tokens[0] as string, 200)
  return app
}

function latchkeyAnew(options: MiddlewareOptions) {
  let requests = 0
  const digests = (): Digests => {
    const own = nodeDigests()
    return { ...own, fingerprint: (token) => own.fingerprint(`${token}${requests++}`) }
  }
  return middlewareOn({ digests }, options)
}

function reads({ store, tokens }: File): Batch {
  const ids = tokens.map((token) => `key:${parseKey(token)?.id}`)
  let turn = 0
  return () => timed({ requests: READS, inFlight: 1 }, () => store.get(ids[++turn % ids.length] as string))
}
