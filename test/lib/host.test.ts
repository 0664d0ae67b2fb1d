import { describe, expect, it } from 'vitest'
import { isHost, isLoopbackHost } from '../../src/lib/host.ts'

describe('isHost', () => {
  it.each([
    'api.example',
    'API.example.',
    'api.example:8443',
    'my_service',
    'a',
    '10.0.0.1:80',
    '[::1]',
    '[2001:db8::1]:8080',
    'xn--bcher-kva.example',
  ])('takes %j', (text) => {
    expect(isHost(text)).toBe(true)
  })

  it.each([
    '',
    ' ',
    'api.example ',
    'a,b',
    'user@api.example',
    'api.example/path',
    'api.example?x',
    'api.example#x',
    'api.example\\x',
    'api.example:',
    'api.example:port',
    'api.example:123456',
    'api.example:80:80',
    '.api.example',
    '-api.example',
    'api example',
    'bücher.example',
    'api\0example',
    '::1',
    '[::1',
    '[::1]x',
    '[fe80::1%eth0]',
    `${'a'.repeat(262)}`,
  ])('refuses %j', (text) => {
    expect(isHost(text)).toBe(false)
  })
})

describe('isLoopbackHost', () => {
  it.each(['localhost', 'LOCALHOST:80', 'app.localhost', '127.0.0.1', '127.8.9.10:8787', '[::1]', '[::1]:8787'])(
    'knows %j as the machine itself',
    (text) => {
      expect(isLoopbackHost(text)).toBe(true)
    },
  )

  it.each([
    '',
    'api.example',
    'localhost.example',
    'notlocalhost',
    '127.0.0.1.example',
    '128.0.0.1',
    '[::2]',
    '10.0.0.1',
  ])('knows %j as another one', (text) => {
    expect(isLoopbackHost(text)).toBe(false)
  })
})
