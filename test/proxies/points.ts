import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** A port whose connections lead to another one, which may change. */
export interface Points {
  readonly port: number
  /** Where new connections lead from now on; those that lead elsewhere end. */
  to(port: number): void
  close(): Promise<void>
}

/**
 * What stands between one running proxy and many gates, one after another: bytes pass as they are, so that the gate judges
 * what the proxy sent.
 */
export async function points(): Promise<Points> {
  const open = new Set<Socket>()
  let target = 0
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const end = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    to(port) {
      if (port !== target) end()
      target = port
    },
    close() {
      end()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
