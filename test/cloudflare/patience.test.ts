import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { patience } from '../../adapters/cloudflare/patience.ts'

beforeEach(() => {
  vi.useFakeTimers()
  // workerd's own streams differ in how fast they are.
  vi.stubGlobal('IdentityTransformStream', TransformStream)
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A request whose body the test writes, and a reader that takes what comes. */
function upload(): { request: Request; write(text: string): Promise<void>; close(): Promise<void> } {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const request = new Request('http://origin/', { method: 'POST', body: readable, duplex: 'half' } as RequestInit)
  return { request, write: (text) => writer.write(new TextEncoder().encode(text)), close: () => writer.close() }
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

it('lasts until the origin has the body of the request, and then as long again', async () => {
  const { signal, watch } = patience(1000)
  const { request, write, close } = upload()
  const reader = (watch(request) as ReadableStream<Uint8Array>).getReader()
  for (let part = 0; part < 3; part++) {
    await Promise.all([write('a part'), reader.read()])
    await vi.advanceTimersByTimeAsync(5000)
  }
  await Promise.all([close(), reader.read()])
  await vi.advanceTimersByTimeAsync(999)
  expect(signal.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(signal.aborted).toBe(true)
})

it('ends where nobody takes the body', async () => {
  const { signal, watch } = patience(1000)
  const { request, write } = upload()
  watch(request)
  void write('a part')
  await vi.advanceTimersByTimeAsync(1000)
  expect(signal.aborted).toBe(true)
})

it('does not begin anew where the head came before the end of the body', async () => {
  const { signal, watch, end } = patience(1000)
  const { request, write, close } = upload()
  const reader = (watch(request) as ReadableStream<Uint8Array>).getReader()
  await Promise.all([write('a part'), reader.read()])
  end()
  await Promise.all([close(), reader.read()])
  await vi.advanceTimersByTimeAsync(5000)
  expect(signal.aborted).toBe(false)
})

it('watches no body where there is none', () => {
  const { watch, end } = patience(1000)
  expect(watch(new Request('http://origin/'))).toBeNull()
  end()
})
