import type { JsonWebKey } from 'node:crypto'
import { createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import type { Document, IdentityDocument } from '../../src/document.ts'
import type { Outcome } from '../../src/http/gate.ts'
import { cleaner } from '../../src/http/outgoing.ts'
import { isRefusal } from '../../src/model/decision.ts'
import type { AccessFacts } from '../given/access.ts'
import { accessOf, bearer, NOW } from '../given/access.ts'
import { hostOf, TOKENS } from '../given/authority.ts'
import { gateOf } from '../given/gate.ts'
import { KEYS } from '../given/jwt.ts'

export const ORIGIN = 'https://api.example'
export const AUDIENCE = 'orders-origin'
/** 43 characters, as `latchkey token` makes them. */
export const SHARED = 'Xw3Rk8Vn5Qz1Tb7Lm4Hc9Pd2Gs6Jf0Ya_eUoIiTwKvM'

/** Keys of Ed25519 that protect nothing: the one that signs, one before, the next one, and somebody else's. */
export const ED = { current: KEYS.ed1, previous: newKey(), next: newKey(), stranger: newKey() }

function newKey(): JsonWebKey {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
}

export const SECRETS = {
  ...TOKENS,
  CURRENT: JSON.stringify(ED.current),
  PREVIOUS: JSON.stringify(ED.previous),
  NEXT: JSON.stringify(ED.next),
  SHARED,
  P256: JSON.stringify(KEYS.ec1),
}

export const EDDSA: IdentityDocument = {
  audience: AUDIENCE,
  publicOrigin: ORIGIN,
  keys: [{ secret: 'CURRENT' }, { secret: 'PREVIOUS' }],
  next: { secret: 'NEXT' },
}
export const HS256: IdentityDocument = {
  audience: AUDIENCE,
  publicOrigin: ORIGIN,
  algorithm: 'HS256',
  keys: { secret: 'SHARED' },
}

/** A document that signs identities. */
export function documentWith(identity: IdentityDocument): Document {
  return {
    identity,
    proxies: { addresses: ['192.0.2.1/32'], dialect: 'original' },
    credentials: [
      { kind: 'static-token', name: 'full', tokens: { secret: 'FULL' }, type: 'full-access' },
      {
        kind: 'static-token',
        name: 'some',
        tokens: { secret: 'CUSTOM', until: '2030-01-01T00:00:00Z' },
        type: 'custom',
        permissions: ['orders.read', 'orders.*'],
      },
    ],
    routes: [
      { path: '/health', methods: ['GET'], public: true },
      { path: '/orders/:id', methods: ['POST'], permission: 'orders.read' },
      { path: '/*' },
    ],
  }
}

/** A gate that signs, and what it makes of requests. */
export function signing(identity: IdentityDocument = EDDSA, secrets: Record<string, string> = SECRETS) {
  const host = hostOf(secrets)
  const gate = gateOf(documentWith(identity), host)
  const enter = async (facts: AccessFacts): Promise<Outcome> =>
    gate.enter(accessOf({ headers: [bearer(TOKENS.FULL)], ...facts }), () => undefined)
  return {
    enter,
    sink: host.sink,
    /** What the origin is shown; fails where nothing passes. */
    async identity(facts: AccessFacts = {}): Promise<string> {
      const { passed, reply } = await enter(facts)
      if (!passed) throw new Error(`the gate answered ${reply?.status} ${reply?.body}`)
      const outgoing = cleaner(gate.latchkey.settings)(facts.headers ?? [], passed.judgement, passed.allowed)
      if (isRefusal(outgoing)) throw new Error(outgoing.reason)
      const values = outgoing.fields.flatMap(([name, value]) =>
        name.toLowerCase().replaceAll('_', '-') === 'x-latchkey-identity' ? [value] : [],
      )
      if (values.length !== 1) throw new Error(`${values.length} identities`)
      return values[0] as string
    },
  }
}

/** How a token is made by hand; whatever is not said is as a gate would have it. */
export interface Made {
  readonly header?: object
  readonly claims?: object
  /** The private key, or the secret. Default: the one that signs. */
  readonly by?: JsonWebKey | string | Uint8Array
}

/** A token that no gate has made. */
export function made({ header = {}, claims = {}, by = ED.current }: Made = {}): string {
  const isShared = typeof by === 'string' || by instanceof Uint8Array
  const head = { alg: isShared ? 'HS256' : 'EdDSA', kid: 'kid', typ: 'latchkey-identity+jwt', ...header }
  const body = {
    ...{ iss: ORIGIN, aud: AUDIENCE, sub: 'full', iat: NOW, exp: NOW + 60, jti: 'one', htm: 'GET' },
    ...{
      htu: `${ORIGIN}/orders`,
      kind: 'static-token',
      name: 'full',
      type: 'full-access',
      permissions: [],
      claims: {},
    },
    ...claims,
  }
  const input = [head, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = isShared
    ? createHmac('sha256', by).update(input).digest()
    : sign(null, Buffer.from(input), createPrivateKey({ key: by, format: 'jwk' }))
  return `${input}.${signature.toString('base64url')}`
}
