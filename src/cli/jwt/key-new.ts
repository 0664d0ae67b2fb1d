import { generateKeyPairSync } from 'node:crypto'
import type { OwnAlgorithm } from '../../key-sets/own-key.ts'
import { OWN_ALGORITHMS, ownKeyOf } from '../../key-sets/own-key.ts'
import { oneOf } from '../keys/draft-flags.ts'
import { print, say } from '../terminal.ts'
import type { Flags } from '../usage.ts'
import { given } from '../usage.ts'

export const KEY_NEW_FLAGS: Flags = {
  algorithm: { type: 'string', valueHint: OWN_ALGORITHMS.join('|'), description: 'what it signs by; default ES256' },
  public: { type: 'boolean', description: 'tell the public half too, on stderr' },
}

/** `latchkey jwt key new`: a private JSON Web Key on one line of stdout, whose id is its RFC 7638 thumbprint. */
export async function newKey(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, KEY_NEW_FLAGS)
  const algorithm = oneOf('algorithm', flags.text('algorithm'), OWN_ALGORITHMS) ?? 'ES256'
  const { publicKey, privateKey } = await ownKeyOf(JSON.stringify(drawn(algorithm)))
  print(JSON.stringify({ ...publicKey, ...privateKey }))
  say(`the key ${publicKey.kid} signs by ${algorithm}: set it as a secret, such as SIGNING_KEY`)
  if (flags.is('public')) say(JSON.stringify(publicKey))
  return 0
}

function drawn(algorithm: OwnAlgorithm): object {
  const { privateKey } =
    algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  return privateKey.export({ format: 'jwk' })
}
