import type { Message } from '../hosts/worker-wire.ts'
import { exchange } from '../hosts/worker-wire.ts'
import type { NextServer } from './next-server.ts'

export type Fields = readonly (readonly [name: string, value: string])[]

export interface Sent {
  readonly method?: string
  readonly headers?: Fields
  readonly host?: string
  readonly body?: string
}

/** Sends a request byte for byte: every client library would mend the target or join the fields. */
export function sendTo(
  { port }: Pick<NextServer, 'port'>,
  target: string,
  { method = 'GET', headers = [], host = 'localhost', body = '' }: Sent = {},
): Promise<Message> {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  return exchange(port, `${lines.join('\r\n')}\r\n\r\n${body}`, method)
}

export function statusOf({ start }: Message): number {
  return Number(start.split(' ')[1])
}

export function refusalOf(message: Message): [status: number, reason: string] {
  return [statusOf(message), JSON.parse(message.body).reason]
}
