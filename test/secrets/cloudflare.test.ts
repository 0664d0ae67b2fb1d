import { describe, expect, it } from 'vitest'
import { cloudflare } from '../../src/secrets/cloudflare.ts'

const stored = (value: string) => ({ get: () => Promise.resolve(value) })

describe('cloudflare', () => {
  it.each([
    ['a Worker secret', 'abc', ['abc']],
    ['a Worker secret less one newline', 'abc\n', ['abc']],
    ['nothing for an empty one', '', []],
    ['nothing for a binding of another kind', { fetch: () => undefined }, []],
    ['nothing for a number', 1, []],
    ['nothing for null', null, []],
    ['nothing where there is no binding', undefined, []],
  ])('gives %s', (_, binding, expected) => {
    expect(cloudflare({ TOKEN: binding }).get('TOKEN')).toEqual(expected)
  })

  it.each([
    ['abc\n', ['abc']],
    ['', []],
  ])('asks a Secrets Store binding (%j)', async (value, expected) => {
    expect(await cloudflare({ TOKEN: stored(value) }).get('TOKEN')).toEqual(expected)
  })

  it('asks a Secrets Store binding each time, as it follows every change', async () => {
    const values = ['old', 'new']
    const source = cloudflare({ TOKEN: { get: () => Promise.resolve(values.shift()) } })
    expect(await source.get('TOKEN')).toEqual(['old'])
    expect(await source.get('TOKEN')).toEqual(['new'])
  })

  it('passes on that a Secrets Store cannot be asked', async () => {
    const source = cloudflare({ TOKEN: { get: () => Promise.reject(new Error('down')) } })
    await expect(source.get('TOKEN')).rejects.toThrow('down')
  })

  it.each(['toString', '__proto__'])('knows nothing of %s that is inherited', (name) => {
    expect(cloudflare({}).get(name)).toEqual([])
  })
})
