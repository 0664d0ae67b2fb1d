import { describe, expect, it } from 'vitest'
import { env } from '../../src/secrets/env.ts'

describe('env', () => {
  it.each([
    ['a value', { TOKEN: 'abc' }, ['abc']],
    ['less one newline at its end', { TOKEN: 'abc\n' }, ['abc']],
    ['nothing where it is unset', {}, []],
    ['nothing where it is undefined', { TOKEN: undefined }, []],
    ['nothing where it is empty', { TOKEN: '' }, []],
  ])('gives %s', (_, variables, expected) => {
    expect(env(variables).get('TOKEN')).toEqual(expected)
  })

  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'knows nothing of %s that is inherited',
    (name) => {
      expect(env({}).get(name)).toEqual([])
    },
  )

  it('reads the variable as it is when it is asked', () => {
    const variables = { TOKEN: 'old' }
    const source = env(variables)
    variables.TOKEN = 'new'
    expect(source.get('TOKEN')).toEqual(['new'])
  })
})
