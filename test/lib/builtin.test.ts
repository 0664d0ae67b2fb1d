import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const MODULE = new URL('../../src/lib/builtin.ts', import.meta.url).href

/** In a process of its own, as the module looks once at what its Node has. */
function hashOf(before: string): string {
  const script = `${before}
    const { builtin } = await import(${JSON.stringify(MODULE)})
    process.stdout.write(builtin('node:crypto').createHash('sha256').update('a').digest('hex').slice(0, 8))`
  return execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
  })
}

test.each([
  ['that has process.getBuiltinModule', ''],
  ['that has not', 'delete process.getBuiltinModule'],
])("a module of Node's own is found by a Node %s", (_, before) => {
  expect(hashOf(before)).toBe('ca978112')
})
