import { expect, test } from 'vitest'
import type { Entry, Store } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'
import { memory } from '../../src/stores/memory.ts'
import { watched } from '../../src/stores/watched.ts'

const DOWN = new StoreError('test', 'down', 'no answer')

function storeThat(get: Store['get']): Store {
  return { ...memory(), get }
}

test('a store that nobody has asked does not fail', () => {
  expect(watched(memory()).isFailing()).toBe(false)
})

test.each<[string, (isDown: () => boolean) => Store['get']]>([
  ['throws', (isDown) => (_id) => (isDown() ? raise(DOWN) : undefined)],
  [
    'rejects',
    (isDown) =>
      async (_id): Promise<Entry | undefined> =>
        isDown() ? raise(DOWN) : undefined,
  ],
])('a store that %s is failing until it answers again', async (_, make) => {
  let down = true
  const store = watched(storeThat(make(() => down)))
  await expect((async () => store.get('key:a'))()).rejects.toBe(DOWN)
  expect(store.isFailing()).toBe(true)
  down = false
  expect(await store.get('key:a')).toBeUndefined()
  expect(store.isFailing()).toBe(false)
})

test('an entry that is at hand is given at once', async () => {
  const store = watched(memory())
  await store.put('key:a', 'x')
  expect(store.get('key:a')).toMatchObject({ value: 'x' })
})

function raise(error: Error): never {
  throw error
}
