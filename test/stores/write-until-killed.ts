import { sqlite } from '../../src/stores/sqlite.ts'

/** Writes entry after entry and says so after each, until somebody ends it. */
const store = sqlite(process.argv[2] as string)
for (let n = 0; ; n++) {
  await store.put(`key:${n % 50}`, JSON.stringify({ n, filler: 'x'.repeat(20_000) }), { index: { name: `name ${n}` } })
  process.stdout.write(`${n}\n`)
}
