import { signToken } from '../../key-sets/sign.ts'
import { INPUT_FLAGS } from '../inputs.ts'
import { endGiven } from '../keys/durations.ts'
import { now } from '../keys/times.ts'
import { print, say } from '../terminal.ts'
import type { Flags, Given } from '../usage.ts'
import { given, shown, UsageError } from '../usage.ts'
import { SIGNER_FLAGS, signerGiven } from './signer.ts'

export const SIGN_FLAGS: Flags = {
  issuer: { type: 'string', valueHint: 'TEXT', description: 'iss' },
  audience: { type: 'string', valueHint: 'TEXT', multiple: true, description: 'aud; may be repeated' },
  subject: { type: 'string', valueHint: 'TEXT', description: 'sub' },
  expires: { type: 'string', valueHint: 'TIME', description: 'exp: 15m, 12h, a date or a time; default 15m' },
  scope: { type: 'string', valueHint: 'TEXT', multiple: true, description: 'scope; may be repeated' },
  claim: {
    type: 'string',
    valueHint: 'NAME=VALUE',
    multiple: true,
    description: 'any other claim; a value that is JSON counts as JSON',
  },
  type: { type: 'string', valueHint: 'TYPE', description: 'typ: JWT, at+jwt; default JWT' },
  ...SIGNER_FLAGS,
  'env-file': INPUT_FLAGS['env-file'] as Flags[string],
  secrets: INPUT_FLAGS['secrets'] as Flags[string],
  json: INPUT_FLAGS['json'] as Flags[string],
}

/** `latchkey jwt sign`: the token goes to stdout, once, and what it is to stderr. */
export async function sign(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, SIGN_FLAGS)
  const claims = claimsOf(flags)
  const type = flags.text('type') ?? 'JWT'
  if (!/^[!-~]{1,100}$/.test(type)) throw new UsageError('--type takes a media type, such as JWT or at+jwt')
  const { algorithm, keyId, key, from } = await signerGiven(flags)
  const header = { alg: algorithm, typ: type, ...(keyId !== undefined && { kid: keyId }) }
  const token = await signToken(claims, header, key)
  const until = new Date(claims.exp * 1000).toISOString().replace('.000', '')
  say(`a token until ${until}, signed by ${from} with ${algorithm}, told only now:`)
  print(flags.is('json') ? JSON.stringify({ token, expiresAt: until }) : token)
  return 0
}

type GivenClaims = Readonly<Record<string, unknown>> & { readonly exp: number }

/** Claims that flags of their own say, or that a token has by itself. */
const BY_FLAG = new Set(['iss', 'aud', 'sub', 'exp', 'iat', 'scope'])

function claimsOf(flags: Given): GivenClaims {
  const at = Math.floor(now())
  const end = endGiven('expires', flags.text('expires') ?? '15m', at)
  if (end === 'never') throw new UsageError('--expires: every token ends')
  if (end <= at) throw new UsageError('--expires is over')
  const [issuer, subject] = ['issuer', 'subject'].map((name) => flags.text(name))
  const [audience, ...more] = flags.texts('audience')
  const scopes = flags.texts('scope')
  return {
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: more.length > 0 ? [audience, ...more] : audience }),
    ...(subject !== undefined && { sub: subject }),
    iat: at,
    exp: Math.floor(end),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...otherClaims(flags.texts('claim')),
  }
}

function otherClaims(texts: readonly string[]): Readonly<Record<string, unknown>> {
  const claims = new Map<string, unknown>()
  for (const text of texts) {
    const [, name, value] = /^([^=]{1,200})=(.*)$/s.exec(text) ?? []
    if (name === undefined || value === undefined) throw new UsageError('--claim takes a name and a value: plan=gold')
    if (BY_FLAG.has(name)) throw new UsageError(`--claim ${name}: it has a flag of its own`)
    if (claims.has(name)) throw new UsageError(`--claim ${shown(name)} may be given once`)
    claims.set(name, claimed(value))
  }
  return Object.fromEntries(claims)
}

/** `5`, `true` and `["a"]` are what they look like; all else is text. */
function claimed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
