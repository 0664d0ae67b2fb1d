import { truncateSync } from 'node:fs'
import { sqlite } from '../../src/stores/sqlite.ts'

/** Reads every entry of a file, writes one, cuts the file, reads every entry again, and says what became of that. */
const [file, entries] = [process.argv[2] as string, Number(process.argv[3])]
const store = sqlite(file)
const seen = new Set<string>()
for (let n = 0; n < entries; n++) await store.get(`key:${n}`)
// From now on SQLite takes the length of the file from its log, and reads where the file has ended.
await store.put('key:last', 'value')
truncateSync(file, 16_384)
for (let n = 0; n < entries; n++) {
  try {
    await store.get(`key:${n}`)
  } catch (error) {
    const { name, trouble } = error as { name: string; trouble?: string }
    seen.add(`${name} ${trouble}`)
  }
}
process.stdout.write([...seen].sort().join())
