import { ensureProgram } from './ensure-program.ts'

/** The reverse proxies that the tests of forward-auth drive: how each tells its version. */
const VERSION_FLAGS = { nginx: '-v', caddy: 'version', haproxy: '-v' } as const

export type ProxyName = keyof typeof VERSION_FLAGS

/** One of them, from Debian's package where it is not there. All by hand: `node scripts/ensure-proxies.ts`. */
export function ensureProxy(name: ProxyName): string {
  const neededBy = 'the tests of forward-auth'
  return ensureProgram({ name, versionFlag: VERSION_FLAGS[name], package: name, neededBy })
}

if (import.meta.main) for (const name of Object.keys(VERSION_FLAGS)) console.log(ensureProxy(name as ProxyName))
