import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ensureRedis } from '../../scripts/ensure-redis.ts'
import { bodyOf, testServer } from './server.ts'

/** A real Redis behind Upstash's REST interface. */
export interface RestRedis {
  readonly url: string
  readonly token: string
  /** What Redis itself answers to a command. */
  command(...parts: readonly string[]): Promise<Reply>
  /** Stops Redis where it stands, until `go`. */
  halt(): void
  go(): void
  stop(): Promise<void>
}

export type Reply = string | number | null | RedisError | readonly Reply[]

export class RedisError extends Error {}

/**
 * Starts Redis, and before it a stand-in for Upstash's front, made after https://upstash.com/docs/redis/features/restapi:
 * a command is a JSON array that is posted to `/`, a token goes before it as Bearer, `result` or `error` comes back, in base64
 * where that is asked for. Upstash itself cannot be had offline.
 */
export async function restRedis(): Promise<RestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-redis-'))
  const path = join(folder, 'socket')
  const token = 'the-token-of-this-test'
  const child = spawn(ensureRedis(), ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder])
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  for await (const line of createInterface({ input: child.stdout })) if (/ready to accept/i.test(line)) break
  child.stdout.resume()
  const connection = connected(path)
  const front = await testServer((incoming, outgoing) => void answer(incoming, outgoing, connection.command, token))
  return {
    url: front.url,
    token,
    command: connection.command,
    halt: () => void child.kill('SIGSTOP'),
    go: () => void child.kill('SIGCONT'),
    async stop() {
      await front.stop()
      connection.socket.destroy()
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

type Command = (...parts: readonly string[]) => Promise<Reply>

async function answer(incoming: IncomingMessage, outgoing: ServerResponse, command: Command, token: string) {
  const isBase64 = incoming.headers['upstash-encoding'] === 'base64'
  const send = (status: number, body: object) => {
    outgoing.writeHead(status, { 'Content-Type': 'application/json', 'Upstash-Sync-Token': 'sync' })
    outgoing.end(JSON.stringify(body))
  }
  if (incoming.headers.authorization !== `Bearer ${token}`) return send(401, { error: 'Unauthorized' })
  const parts = (JSON.parse(await bodyOf(incoming)) as (string | number)[]).map(String)
  const reply = await command(...parts)
  if (reply instanceof RedisError) return send(400, { error: reply.message })
  return send(200, { result: isBase64 ? encoded(reply) : reply })
}

function encoded(reply: Reply): unknown {
  if (typeof reply === 'string') return reply === 'OK' ? reply : Buffer.from(reply).toString('base64')
  return Array.isArray(reply) ? (reply as readonly Reply[]).map(encoded) : reply
}

/** Speaks RESP2 (https://redis.io/docs/latest/develop/reference/protocol-spec/) over one connection. */
function connected(path: string): { command: Command; socket: Socket } {
  const socket = createConnection(path)
  const waiting: ((reply: Reply) => void)[] = []
  let held = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk])
    for (let read = readReply(held, 0); read; read = readReply(held, 0)) {
      held = held.subarray(read.end)
      waiting.shift()?.(read.reply)
    }
  })
  const command: Command = (...parts) =>
    new Promise((resolve) => {
      waiting.push(resolve)
      const bulks = parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`)
      socket.write(`*${parts.length}\r\n${bulks.join('')}`)
    })
  return { command, socket }
}

interface Read {
  readonly reply: Reply
  readonly end: number
}

/** Undefined where the reply is not all there. */
function readReply(bytes: Buffer, start: number): Read | undefined {
  const lineEnd = bytes.indexOf('\r\n', start)
  if (lineEnd < 0) return undefined
  const line = bytes.toString('utf8', start + 1, lineEnd)
  const end = lineEnd + 2
  const kind = String.fromCharCode(bytes[start] as number)
  if (kind === '+') return { reply: line, end }
  if (kind === '-') return { reply: new RedisError(line), end }
  if (kind === ':') return { reply: Number(line), end }
  const size = Number(line)
  if (size < 0) return { reply: null, end }
  if (kind === '$') {
    return bytes.length < end + size + 2
      ? undefined
      : { reply: bytes.toString('utf8', end, end + size), end: end + size + 2 }
  }
  return readList(bytes, end, size)
}

function readList(bytes: Buffer, start: number, size: number): Read | undefined {
  const list: Reply[] = []
  let end = start
  for (let item = 0; item < size; item++) {
    const read = readReply(bytes, end)
    if (!read) return undefined
    list.push(read.reply)
    end = read.end
  }
  return { reply: list, end }
}
