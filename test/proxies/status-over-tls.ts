import { exchange } from '../hosts/node-wire.ts'

/** The status that a port answers a GET with, over TLS whose certificate nobody has signed. */
export async function statusOverTls(
  port: number,
  target: string,
  headers: readonly (readonly [string, string])[],
): Promise<number> {
  const fields = [['Host', 'api.example'], ...headers].map(([name, value]) => `${name}: ${value}\r\n`)
  const { status } = await exchange(
    { port, isTls: true, localAddress: '127.0.0.1' },
    `GET ${target} HTTP/1.1\r\n${fields.join('')}\r\n`,
    'GET',
  )
  return status
}
