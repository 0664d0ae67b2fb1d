import { spawnSync } from 'node:child_process'
import { ensureProgram } from './ensure-program.ts'

/** Debian's own Python, whatever stands before it in PATH. */
const DEBIAN_PYTHON = '/usr/bin/python3'

/** A Python that has PyJWT with its algorithms, Debian's packages of both where there is none. By hand: `node scripts/ensure-pyjwt.ts`. */
export function ensurePyjwt(): string {
  const found = ['python3', DEBIAN_PYTHON].find((each) => has(each, 'jwt, cryptography'))
  if (found !== undefined) return found
  for (const name of ['cryptography', 'jwt']) {
    const versionFlag = `-cimport ${name}`
    const neededBy = 'the tests of the identity recipes'
    ensureProgram({ name: DEBIAN_PYTHON, versionFlag, package: `python3-${name}`, neededBy })
  }
  return DEBIAN_PYTHON
}

function has(python: string, modules: string): boolean {
  return spawnSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' }).status === 0
}

if (import.meta.main) console.log(ensurePyjwt())
