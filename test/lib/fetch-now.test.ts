import { afterEach, expect, it, vi } from 'vitest'
import { fetchNow } from '../../src/lib/fetch-now.ts'

afterEach(() => vi.unstubAllGlobals())

const URL_ASKED = 'http://127.0.0.1/x'

it('is the fetch of the runtime', async () => {
  const own = vi.fn(async () => new Response('own'))
  vi.stubGlobal('fetch', own)
  const init = { method: 'POST' }
  expect(await (await fetchNow(URL_ASKED, init)).text()).toBe('own')
  expect(own).toHaveBeenCalledWith(URL_ASKED, init)
})

it('is the one that Next has put its own before, which may have kept an answer', async () => {
  const kept = vi.fn(async () => new Response('kept'))
  vi.stubGlobal('fetch', Object.assign(kept, { _nextOriginalFetch: async () => new Response('fresh') }))
  expect(await (await fetchNow(URL_ASKED)).text()).toBe('fresh')
  expect(kept).not.toHaveBeenCalled()
})
