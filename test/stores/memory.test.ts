import { describe, expect, it } from 'vitest'
import { memory } from '../../src/stores/memory.ts'
import { clockFromNow, storeContract } from './contract.ts'

const OF_THE_PROCESS = 'it is part of the process'

describe('memory', () => {
  storeContract(
    async () => {
      const clock = clockFromNow()
      const store = memory({ now: () => clock.at })
      return { store, other: store, clock, stop: async () => undefined }
    },
    {
      'tells that it is down': OF_THE_PROCESS,
      'tells that it is slow': OF_THE_PROCESS,
      'tells that it is busy': OF_THE_PROCESS,
      'tells that it is full, and reads on': 'the process ends where its memory does',
    },
  )

  it('gives an entry at once', async () => {
    const store = memory()
    await store.put('key:a', 'one')
    expect(store.get('key:a')).toMatchObject({ value: 'one' })
  })
})
