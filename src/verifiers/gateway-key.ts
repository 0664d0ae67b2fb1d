import type { ExpiryForm, GatewayToken } from '../lib/gateway-token.ts'
import { parseGatewayToken } from '../lib/gateway-token.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after, mapMaybe } from '../lib/maybe.ts'
import type { Secret } from '../lib/secret.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Refusal } from '../model/decision.ts'
import { isRefusal } from '../model/decision.ts'
import type { Digests, Verifier } from '../model/ports.ts'
import type { Principal } from '../model/principal.ts'
import { proofs } from './proofs.ts'

/** A key of a gateway, and until when it counts. */
export interface GatewayKey {
  /** As text, although it looks like base64. */
  readonly secret: Secret
  /** Its place among the gateway's keys: the primary one's first. */
  readonly slot: number
  readonly until: EpochSeconds | undefined
}

/** What gateway tokens are verified by. */
export interface GatewayKeyParts {
  /** The keys that count now, by the gateway's id. */
  readonly gateways: ReadonlyMap<string, readonly GatewayKey[]>
  /** The gateways that are configured, and for which nobody has set a key. */
  readonly unset: ReadonlySet<string>
  readonly forms: readonly ExpiryForm[]
  /** What the principals of a credential have in common. */
  readonly principal: Pick<Principal, 'credential' | 'grant' | 'surface'>
  readonly digests: Digests
}

const MALFORMED: Refusal = {
  reason: 'token-unknown',
  detail:
    'no gateway token: an id, a minute of the calendar and a signature in canonical base64, with "&" between them',
}

/**
 * Verifies access tokens of self-hosted gateways: HMAC-SHA512 over the gateway's id and the expiry. Every key of the
 * gateway is tried, so that the time of an answer does not tell which one has signed.
 */
export function gatewayKey({ gateways, unset, forms, principal, digests }: GatewayKeyParts): Verifier {
  const proved = proofs<Principal>()
  const encoder = new TextEncoder()

  /** The keys that have signed a token: several only where two slots hold the same value. */
  function signersOf({ signed, signature }: GatewayToken, keys: readonly GatewayKey[]): Maybe<GatewayKey[]> {
    const ways = keys.flatMap((key) => signed.map((text) => ({ key, data: encoder.encode(text) })))
    const signatures = mapMaybe(ways, ({ key, data }) => digests.hmac('SHA-512', key.secret.reveal(), data))
    return after(signatures, (all) =>
      ways.filter((_, place) => digests.equal(base64(all[place] as Uint8Array), signature)).map(({ key }) => key),
    )
  }

  function outcomeOf(token: GatewayToken, signers: readonly GatewayKey[], at: EpochSeconds): Principal | Refusal {
    const signer = signers.find(({ until }) => until === undefined || at < until) ?? signers[0]
    if (!signer) return { reason: 'token-unknown', detail: `no key of gateway ${token.id} has signed it` }
    const { slot, until = token.expiresAt } = signer
    const expiresAt = Math.min(token.expiresAt, until)
    const whose: Principal = { kind: 'gateway-key', ...principal, subject: token.id, expiresAt, slot }
    if (at < expiresAt) return whose
    const what = at < token.expiresAt ? `slot ${slot} of gateway ${token.id}` : 'the token'
    return { reason: 'token-expired', detail: `${what} has ended`, principal: whose }
  }

  return {
    kind: 'gateway-key',
    verify({ token: text, fingerprint }, { at }) {
      const known = proved.get(fingerprint)
      if (known?.expiresAt !== undefined && at < known.expiresAt) return known
      const token = parseGatewayToken(text, forms)
      if (!token) return text.includes('&') ? MALFORMED : undefined
      const keys = gateways.get(token.id)
      if (unset.has(token.id)) return { reason: 'not-configured', detail: `gateway ${token.id} has no key` }
      if (!keys) return { reason: 'token-unknown', detail: 'a token of a gateway that the document does not name' }
      return after(signersOf(token, keys), (signers) => {
        const outcome = outcomeOf(token, signers, at)
        if (!isRefusal(outcome)) proved.add(fingerprint, outcome)
        return outcome
      })
    },
  }
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
