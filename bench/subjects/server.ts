import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { latchkey } from '../../adapters/node/hono.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { App } from './apps.ts'
import { bare, behind, withBearerAuth, withLatchkey } from './apps.ts'
import { minimum } from './minimum.ts'

/** What a server is asked by its parent, and what it answers: its port at first, then its CPU time whenever asked. */
export type Answer = { readonly port: number } | { readonly cpuMicroseconds: number }

const APPS: Readonly<Record<string, () => App>> = {
  bare,
  minimum: () => behind(minimum(nodeDigests())),
  latchkey: () => withLatchkey(latchkey),
  'bearer-auth': withBearerAuth,
}

const app = APPS[process.argv[2] ?? '']?.()
if (!app) throw new Error('name an app')

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  tell({ cpuMicroseconds: user + system })
})
process.on('disconnect', () => process.exit())
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => tell({ port }))

function tell(answer: Answer): void {
  process.send?.(answer)
}
