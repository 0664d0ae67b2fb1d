import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { DurableObjectNamespace } from '../../src/limiters/cloudflare-durable-object.ts'
import { cloudflareDurableObject } from '../../src/limiters/cloudflare-durable-object.ts'
import { limiterContract, never } from './contract.ts'
import type { LimitedWorker } from './worker.ts'
import { limitedWorker } from './worker.ts'

/** Objects that cannot be had here: those whose every call ends alike. */
function answering(answer: () => Promise<Response>): DurableObjectNamespace {
  return { idFromName: (name) => name, get: () => ({ fetch: answer }) }
}

/** Objects have the real clock: what is over by it is removed at once. */
const NOW = Math.floor(Date.now() / 1000)

const quota = (id: string, startsAt = NOW) => ({ id, requests: 9, startsAt, endsAt: startsAt + 60 })

describe('cloudflareDurableObject', () => {
  let worker: LimitedWorker

  beforeAll(async () => {
    worker = await limitedWorker()
  })
  afterAll(() => worker?.stop())

  limiterContract(async () => {
    const { COUNTERS } = worker.bindings
    const failing = (answer: () => Promise<Response>, patienceMilliseconds = 5000) => ({
      limiter: cloudflareDurableObject(answering(answer), { patienceMilliseconds }),
      mend: async () => undefined,
    })
    return {
      limiter: cloudflareDurableObject(COUNTERS),
      other: cloudflareDurableObject(COUNTERS),
      faults: {
        down: async () => failing(() => Promise.reject(new Error('Network connection lost.'))),
        slow: async () => failing(never, 5),
        busy: async () =>
          failing(() =>
            Promise.reject(Object.assign(new Error('Durable Object is overloaded.'), { overloaded: true })),
          ),
      },
      stop: async () => undefined,
    }
  })

  it('counts inside of a Worker as well', async () => {
    const quotas = [quota('key:inside/60s')]
    expect(await worker.take('object', quotas, NOW)).toEqual({ allowed: true, remaining: [8] })
    expect(await worker.take('object', quotas, NOW)).toEqual({ allowed: true, remaining: [7] })
  })

  it('takes an answer that is no success for down', async () => {
    const limiter = cloudflareDurableObject(answering(async () => new Response('', { status: 500 })))
    const down = { trouble: 'down', message: 'cloudflare-durable-object: status 500' }
    await expect(async () => limiter.take([quota('key:a/60s')], NOW)).rejects.toMatchObject(down)
  })

  it('asks one object for all quotas of a request: the one of whoever its first quota counts', async () => {
    const names: string[] = []
    const limiter = cloudflareDurableObject({
      idFromName: (name) => names.push(name),
      get: () => ({ fetch: async () => Response.json({ allowed: true, remaining: [1, 1] }) }),
    })
    await limiter.take([quota('owner:acme/x/month'), quota('key:a/60s')], NOW)
    await limiter.take([quota('owner:acme/x/60s'), quota('key:b/60s')], NOW)
    await limiter.take([quota('key:c/60s')], NOW)
    expect(names).toEqual(['owner:acme/x', 'owner:acme/x', 'key:c'])
  })

  it('counts an owner over all of his keys', async () => {
    const limiter = cloudflareDurableObject(worker.bindings.COUNTERS)
    const owner = { ...quota('owner:many/60s'), requests: 3 }
    const allowed: boolean[] = []
    for (const key of ['a', 'b', 'c', 'd']) {
      allowed.push((await limiter.take([owner, quota(`key:many-${key}/60s`)], NOW)).allowed)
    }
    expect(allowed).toEqual([true, true, true, false])
  })

  it('sets an alarm for the end of its last window', async () => {
    const quotas = [quota('key:alarm/60s'), { ...quota('key:alarm/600s'), endsAt: NOW + 600 }]
    await cloudflareDurableObject(worker.bindings.COUNTERS).take(quotas, NOW)
    expect(await worker.heldBy('key:alarm')).toEqual({ tables: 2, alarm: (NOW + 660) * 1000 })
  })

  it('holds nothing any more when its windows are over, and counts anew when it is asked again', async () => {
    const limiter = cloudflareDurableObject(worker.bindings.COUNTERS)
    await limiter.take([quota('key:over/60s', 0)], 0)
    const held = () => worker.heldBy('key:over')
    await vi.waitFor(async () => expect(await held()).toEqual({ tables: 0, alarm: null }), 10_000)

    const quotas = [quota('key:over/60s')]
    expect(await limiter.take(quotas, NOW)).toEqual({ allowed: true, remaining: [8] })
    expect(await held()).toEqual({ tables: 2, alarm: (NOW + 120) * 1000 })
    expect(await limiter.take(quotas, NOW)).toEqual({ allowed: true, remaining: [7] })
  })

  it('keeps what still counts when an alarm comes before its last window is over', async () => {
    const limiter = cloudflareDurableObject(worker.bindings.COUNTERS)
    const present = quota('key:early/60s')
    await limiter.take([quota('key:early/60s', 0)], 0)
    await limiter.take([present], NOW)
    const held = { tables: 2, alarm: (NOW + 120) * 1000 }
    await vi.waitFor(async () => expect(await worker.heldBy('key:early')).toEqual(held), 10_000)
    expect(await limiter.take([present], NOW)).toEqual({ allowed: true, remaining: [7] })
  })
})
