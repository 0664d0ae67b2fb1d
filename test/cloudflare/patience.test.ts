import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { patience } from '../../adapters/cloudflare/patience.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

/** A request whose body the test writes, and a reader that takes what comes. */
function upload(): { request: Request; write(text: string): Promise<void> } {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const request = new Request('http://origin/', { method: 'POST', body: readable, duplex: 'half' } as RequestInit)
  return { request, write: (text) => writer.write(new TextEncoder().encode(text)) }
}

it('ends when the head has not come in time', () => {
  const { signal } = patience(1000)
  vi.advanceTimersByTime(999)
  expect(signal.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(signal.aborted).toBe(true)
})

it('does not end once the head is there', () => {
  const { signal, end } = patience(1000)
  end()
  vi.advanceTimersByTime(10_000)
  expect(signal.aborted).toBe(false)
})

it('lasts as long as the body of the request moves, and no longer', async () => {
  const { signal, watch } = patience(1000)
  const { request, write } = upload()
  const reader = (watch(request) as ReadableStream<Uint8Array>).getReader()
  for (let part = 0; part < 5; part++) {
    vi.advanceTimersByTime(900)
    await Promise.all([write('a part'), reader.read()])
  }
  expect(signal.aborted).toBe(false)
  vi.advanceTimersByTime(2000)
  expect(signal.aborted).toBe(true)
})

it('watches no body where there is none', () => {
  const { watch, end } = patience(1000)
  expect(watch(new Request('http://origin/'))).toBeNull()
  end()
})
