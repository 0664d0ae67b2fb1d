import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { latchkey } from '../../adapters/node/hono.ts'
import { serve as serveGate } from '../../adapters/node/serve.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import { benchSecrets, countingSink, verifyDocument } from '../document.ts'
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

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  tell({ cpuMicroseconds: user + system })
})
process.on('disconnect', () => process.exit())

if (process.argv[2] === 'gate') {
  const { url } = await serveGate({ document: verifyDocument(), port: 0, secrets: benchSecrets, sink: countingSink() })
  tell({ port: Number(new URL(url).port) })
} else {
  const app = APPS[process.argv[2] ?? '']?.()
  if (!app) throw new Error('name an app, or the gate')
  serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => tell({ port }))
}

function tell(answer: Answer): void {
  process.send?.(answer)
}
