import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Written } from '../../src/model/ports.ts'
import type { KvNamespace } from '../../src/stores/cloudflare-kv.ts'
import { cloudflareKv } from '../../src/stores/cloudflare-kv.ts'
import { clockFromNow, never, storeContract, WRITTEN } from './contract.ts'
import type { Platform } from './platform.ts'
import { platform } from './platform.ts'

/** A namespace that cannot be had here: one whose calls, or writes alone, end alike. */
function answering(answer: () => Promise<never>, reads?: KvNamespace): KvNamespace {
  return {
    getWithMetadata: (key) => (reads ? reads.getWithMetadata(key) : answer()),
    list: (options) => (reads ? reads.list(options) : answer()),
    put: answer,
    delete: answer,
  }
}

const ONE_WINS = 'KV has no conditional write: of two at the same time the later one wins'

describe('cloudflareKv', () => {
  let local: Platform

  beforeAll(async () => {
    local = await platform()
  })
  afterAll(() => local?.stop())

  storeContract(
    async () => {
      const clock = clockFromNow()
      const options = { now: () => clock.at }
      const { KEYS } = local.bindings
      const failing = (message: string, reads?: KvNamespace) => async () => ({
        store: cloudflareKv(
          answering(() => Promise.reject(new Error(message)), reads),
          options,
        ),
        mend: async () => undefined,
      })
      return {
        store: cloudflareKv(KEYS, options),
        other: cloudflareKv(KEYS, options),
        clock,
        faults: {
          down: failing('KV GET failed: 500 Internal Server Error'),
          slow: async () => ({
            store: cloudflareKv(answering(never), { ...options, patienceMilliseconds: 5 }),
            mend: async () => undefined,
          }),
          busy: failing('KV PUT failed: 429 Too Many Requests', KEYS),
          full: failing('KV put() limit exceeded for the day.', KEYS),
        },
        stop: async () => undefined,
      }
    },
    {
      'lets one of many writers of a version win': ONE_WINS,
      'lets one of many who write or delete a version win': ONE_WINS,
      'lets one of many take a free id': ONE_WINS,
    },
  )

  it('refuses a writer that comes later', async () => {
    const [first, second] = [cloudflareKv(local.bindings.KEYS), cloudflareKv(local.bindings.KEYS)]
    await first.put('later:a', 'one')
    const entry = await first.get('later:a')
    expect(await second.put('later:a', 'two', { ifVersion: (entry as { version: string }).version })).toEqual(WRITTEN)
    expect(await first.put('later:a', 'three', { ifVersion: (entry as { version: string }).version })).toBe('conflict')
    expect(await first.delete('later:a', { ifVersion: (entry as { version: string }).version })).toBe('conflict')
  })

  it('never reads an id before it is there: that it is missing would be remembered for a minute', async () => {
    const reads: string[] = []
    const { KEYS } = local.bindings
    const store = cloudflareKv({
      getWithMetadata: (key) => {
        reads.push(key)
        return KEYS.getWithMetadata(key)
      },
      list: (options) => KEYS.list(options),
      put: (key, value, options) => KEYS.put(key, value, options),
      delete: (key) => KEYS.delete(key),
    })
    const first = (await store.put('fresh:a', 'one', { ifVersion: null })) as Written
    const second = (await store.put('fresh:a', 'two', { ifVersion: first.version })) as Written
    expect(await store.delete('fresh:a', { ifVersion: second.version })).toBe('deleted')
    expect(reads).toEqual([])
  })

  it('lets KV forget an entry at its time, but not in its first minute', async () => {
    const clock = clockFromNow()
    const store = cloudflareKv(local.bindings.KEYS, { now: () => clock.at })
    await store.put('short:a', '', { expiresAt: clock.at + 5 })
    await store.put('short:b', '', { expiresAt: clock.at + 500 })
    const { keys } = await local.bindings.KEYS.list({ prefix: 'short:', limit: 10 })
    expect(keys).toMatchObject([{ expiration: clock.at + 60 }, { expiration: clock.at + 500 }])
  })

  it('finds an entry that the vendor’s own tool has written', async () => {
    await (local.bindings.KEYS as unknown as { put(key: string, value: string): Promise<void> }).put('bare:a', 'one')
    const store = cloudflareKv(local.bindings.KEYS)
    expect(await store.get('bare:a')).toEqual({ id: 'bare:a', value: 'one', version: '' })
    expect(await store.put('bare:a', 'two', { ifVersion: null })).toBe('conflict')
    expect(await store.put('bare:a', 'two', { ifVersion: '' })).toEqual(WRITTEN)
  })
})
