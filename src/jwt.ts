import type { CredentialSettings } from './config.ts'
import type { ForeignJwtDocument, JwtDocument } from './document.ts'
import type { KeysHost } from './jwt-keys.ts'
import { keysOf } from './jwt-keys.ts'
import type { VerifySignature } from './key-sets/keys.ts'
import type { KeySource } from './key-sets/source.ts'
import type { KindParts, PreparedKind, VerifierKind } from './kind.ts'
import type { Grant } from './model/principal.ts'
import type { ProveBy } from './own-tokens.ts'
import type { JwtRules, ProvedToken } from './verifiers/jwt.ts'
import { jwt as jwtVerifier } from './verifiers/jwt.ts'
import type { GrantRules } from './verifiers/jwt-grant.ts'
import { normalType } from './verifiers/jwt-token.ts'
import { proofs } from './verifiers/proofs.ts'

/** After issued keys, whose tag tells them at once, and before imported ones, which only their shape tells. */
const JWT_TURN = 3
const DEFAULT_TYPES = ['JWT', 'at+jwt']
const DEFAULT_TOLERANCE_SECONDS = 5

/** What a host does in its own way. */
export interface JwtHost extends KeysHost {
  readonly isSigned: VerifySignature
  /** What it publishes for clients of its issuers, where it does. */
  readonly metadata?: VerifierKind['metadata']
}

/** JSON Web Tokens, on a host. */
export function jwtBy(own: JwtHost): VerifierKind {
  const { isSigned, metadata } = own
  return {
    kind: 'jwt',
    ...(metadata && { metadata }),
    prepare(credential, parts): PreparedKind {
      const { name, places } = credential
      if ('own' in (credential.document as JwtDocument).keys) return ownLater(credential, parts, isSigned)
      const document = credential.document as ForeignJwtDocument
      const rules = { ...rulesOf(credential, document), toldClaims: parts.settings.document.identity?.claims }
      const keysNow = keysOf(document, name, parts, own)
      const proved = proofs<ProvedToken>()
      const at = new Set(places)
      let keys: KeySource | undefined
      return {
        async verifiers(valuesOf) {
          keys = await keysNow(valuesOf)
          return keys ? [{ verifier: jwtVerifier(rules, keys, isSigned, proved), places: at, turn: JWT_TURN }] : []
        },
        // A secret that is not set is told by whoever reads secrets.
        gap: () => undefined,
        policies: [],
        forget: () => undefined,
        failing: () => (keys?.isFailing() ? [`keys of ${name}`] : []),
      }
    },
  }
}

/** Few documents take tokens of their own, so what those need is loaded with the first secrets. */
function ownLater(credential: CredentialSettings, parts: KindParts, isSigned: VerifySignature): PreparedKind {
  const proved = proofs<ProvedToken>()
  const proveBy: ProveBy = (rules, keys) => jwtVerifier(rules, keys, isSigned, proved)
  let prepared: PreparedKind | undefined
  return {
    async verifiers(valuesOf, failing) {
      prepared ??= (await import('./own-tokens.ts')).ownTokens(credential, parts, JWT_TURN, proveBy)
      return prepared.verifiers(valuesOf, failing)
    },
    gap: () => undefined,
    policies: [],
    forget: (id) => prepared?.forget(id),
  }
}

function rulesOf({ name, grant, surface }: CredentialSettings, document: ForeignJwtDocument): JwtRules {
  const { issuer, audience, algorithms, requireExpiry = true, maxAgeSeconds, types = DEFAULT_TYPES } = document
  const { permissionsClaim, grants, ownerClaim, clockToleranceSeconds = DEFAULT_TOLERANCE_SECONDS } = document
  const roles = grants && { claim: grants.claim, map: new Map(Object.entries(grants.map)) }
  const claimed: GrantRules | undefined =
    permissionsClaim === undefined && !roles ? undefined : { permissionsClaim, roles, ceiling: grant }
  return {
    name,
    issuer,
    audiences: audience === null ? null : [audience].flat(),
    required: Object.entries(document.require ?? {}).map(([claim, values]) => [claim, [values].flat()]),
    algorithms: new Set<string>(algorithms),
    types: new Set(types.map(normalType)),
    requireExpiry,
    maxAgeSeconds,
    toleranceSeconds: clockToleranceSeconds,
    surface,
    ownerClaim,
    grant: claimed ?? (grant as Grant),
  }
}
