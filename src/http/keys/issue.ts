import type { Hono } from 'hono/tiny'
import type { TokenClaims } from '../../keys/token-claims.ts'
import { MOST_TOKEN_SECONDS, secretMark, unfit } from '../../keys/token-claims.ts'
import { narrowed, scopeOf, under } from '../../keys/token-grant.ts'
import type { EpochSeconds } from '../../model/access.ts'
import type { Refusal } from '../../model/decision.ts'
import type { Grant } from '../../model/principal.ts'
import type { ShownKey } from './client.ts'
import { shownKey } from './client.ts'
import { formText } from './input.ts'
import type { Issuing } from './issuing.ts'
import type { KeysAppParts, KeysContext, KeysEnv, Proved } from './parts.ts'
import type { IssuedToken } from './replies.ts'

/** Why no token is issued (RFC 6749 5.2, and RFC 8628 3.5 for `slow_down`). */
type IssueError =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_scope'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'slow_down'

const STATUSES: Readonly<Record<IssueError, 400 | 401 | 429>> = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_scope: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  slow_down: 429,
}

/** How long verifiers elsewhere may keep the public keys. */
const KEY_SET_SECONDS = 300

/** Adds the client credentials grant (RFC 6749 4.4), whose clients are holders of issued keys, and the public keys of its tokens. */
export function addIssuingRoutes(app: Hono<KeysEnv>, { issuing, prove }: KeysAppParts): void {
  if (!issuing) return

  app.get('/jwks.json', async (c) => {
    return c.json({ keys: await issuing.publicKeys() }, 200, { 'Cache-Control': `public, max-age=${KEY_SET_SECONDS}` })
  })

  app.post('/token', async (c) => {
    const text = formText(c)
    if (text instanceof Response) return text
    const { at, requestId } = c.env
    const { address } = issuing
    const wait = address === undefined ? undefined : issuing.waitFor('address', address, at)
    if (wait !== undefined) return slowDown(c, wait)
    if (issuing.isInsecure) return failed(c, 'invalid_request', 'send a key over https only')
    const form = formOf(text)
    if (!form) return failed(c, 'invalid_request', 'send each parameter once')
    const shown = shownKey(c.env.header('authorization'), form)
    if (shown === 'invalid_request') return failed(c, shown, 'show the key in one way, and once')
    const proved = shown === 'invalid_client' ? undefined : await prove(shown.token, at)
    if (shown === 'invalid_client' || !proved || !isOf(proved, shown)) return unknown(c, 'no such key')
    const end = endOf(proved)
    const over = overBy(proved, end, at)
    if (over) {
      issuing.record(proved.principal, over)
      return unknown(c, over.reason === 'token-expired' ? 'the key has ended' : 'the key counts no more')
    }
    issuing.record(proved.principal)
    const grantType = form.get('grant_type')
    if (grantType === undefined) return failed(c, 'invalid_request', 'send grant_type=client_credentials')
    if (grantType !== 'client_credentials') return failed(c, 'unsupported_grant_type', 'client_credentials alone')
    const { record, principal } = proved
    const whyNot = issuing.isLimited(principal.credential) ? 'a key that has limits gets no tokens' : unfit(record)
    if (whyNot !== undefined) return failed(c, 'unauthorized_client', whyNot)
    const held = under({ type: record.type, permissions: record.permissions }, principal.ceiling)
    if (!held) return failed(c, 'unauthorized_client', 'no token tells what the key may do under its ceiling')
    const grant = narrowed(held, form.get('scope'))
    if (!grant)
      return failed(c, 'invalid_scope', 'ask for permissions that the key has, and for fewer where they are many')
    const waitForKey = issuing.waitFor('key', record.id, at)
    if (waitForKey !== undefined) return slowDown(c, waitForKey)

    const signer = await issuing.signer()
    const claims = await claimsOf(proved, grant, at, Math.min(end, signer.until ?? Number.POSITIVE_INFINITY), issuing)
    const token = await signer.sign(claims)
    const scope = scopeOf(grant)
    issuing.tell({
      type: 'token-issued',
      time: timeOf(at),
      requestId,
      keyId: record.id,
      name: record.name,
      owner: record.owner ?? null,
      tokenId: claims.jti,
      scope: scope ?? null,
      until: timeOf(claims.exp),
    })
    const reply: IssuedToken = {
      access_token: token,
      token_type: 'Bearer',
      expires_in: claims.exp - claims.iat,
      ...(scope !== undefined && { scope }),
    }
    return c.json(reply, 200, { Pragma: 'no-cache' })
  })

  function unknown(c: KeysContext, description: string): Response {
    const isBearer = /^bearer /i.test(c.env.header('authorization') ?? '')
    const realm = `realm="${issuing?.realm}"`
    const challenge = isBearer ? `Bearer ${realm}, error="invalid_token"` : `Basic ${realm}, charset="UTF-8"`
    return failed(c, 'invalid_client', description, { 'WWW-Authenticate': challenge })
  }
}

function failed(
  c: KeysContext,
  error: IssueError,
  description: string,
  headers: Record<string, string> = {},
): Response {
  return c.json({ error, error_description: description }, STATUSES[error], headers)
}

function slowDown(c: KeysContext, seconds: number): Response {
  return failed(c, 'slow_down', 'ask less often: a token counts for minutes', { 'Retry-After': String(seconds) })
}

/** The parameters; undefined where one is repeated (RFC 6749 3.2). One without a value is as good as left out. */
function formOf(text: string): ReadonlyMap<string, string> | undefined {
  const given = Array.from(new URLSearchParams(text))
  const form = new Map(given)
  if (form.size < given.length) return undefined
  for (const [name, value] of form) if (value === '') form.delete(name)
  return form
}

function isOf({ record }: Proved, { clientId }: ShownKey): boolean {
  return clientId === undefined || clientId === record.id || clientId === record.name
}

/** When the secret that was shown ends. */
function endOf({ record, secret }: Proved): EpochSeconds {
  const ends = [record.expiresAt, secret === record.secret ? undefined : record.previous?.until]
  return Math.min(...ends.map((end) => end ?? Number.POSITIVE_INFINITY))
}

/** Less than a whole second is no life of a token. */
function overBy({ record, principal }: Proved, end: EpochSeconds, at: EpochSeconds): Refusal | undefined {
  if (record.state !== 'active') return { reason: 'token-revoked', detail: record.state, principal }
  return Math.floor(end) > Math.floor(at) ? undefined : { reason: 'token-expired', principal }
}

async function claimsOf(
  { record: { id, owner }, secret }: Proved,
  { type, permissions }: Grant,
  at: EpochSeconds,
  end: EpochSeconds,
  { issuer, audience, lifetimeSeconds }: Issuing,
): Promise<TokenClaims> {
  const iat = Math.floor(at)
  return {
    iss: issuer,
    aud: audience,
    sub: id,
    client_id: id,
    iat,
    exp: Math.floor(Math.min(end, iat + Math.min(lifetimeSeconds, MOST_TOKEN_SECONDS))),
    jti: crypto.randomUUID(),
    ...(type === 'custom' && { scope: permissions.join(' ') }),
    latchkey_key: id,
    latchkey_type: type,
    latchkey_secret: await secretMark(secret),
    ...(owner !== undefined && { latchkey_owner: owner }),
  }
}

function timeOf(at: EpochSeconds): string {
  return new Date(at * 1000).toISOString()
}
