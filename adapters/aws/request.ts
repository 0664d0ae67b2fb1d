import type { Settings } from '../../src/config.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import type { Refusal } from '../../src/model/decision.ts'
import { httpAccess, restAccess, tokenAccess } from './access.ts'
import type { Form } from './answer.ts'
import { contradicts, isExact, parseArn } from './arn.ts'
import type { Known } from './event.ts'

/** A request as an event tells it, how it is answered, and what speaks against believing it. */
export interface Told {
  readonly access: Access
  readonly arn: string
  readonly form: Form
  readonly objection: Refusal | undefined
}

/** What an event does not tell. */
export interface Deployment {
  readonly settings: Pick<Settings, 'credentials' | 'addresses'>
  readonly httpApiReply: 'simple' | 'iam'
  /** Beginning with `/` and not ending with it; empty for none. */
  readonly basePath: string
  readonly at: EpochSeconds
}

/** Reads the request that an event tells of. */
export function tell({ kind, event }: Known, { settings, httpApiReply, basePath, at }: Deployment): Told {
  switch (kind) {
    case 'rest-token': {
      const header = oneHeader(settings)
      const { methodArn } = event
      if (header !== undefined) return told(tokenAccess(event, header, at), methodArn, 'rest')
      const access = tokenAccess(event, 'authorization', at)
      return { access, arn: methodArn, form: 'rest', objection: { reason: 'not-configured', detail: ONE_HEADER } }
    }
    case 'rest-request':
      return told(restAccess(event, basePath, at), event.methodArn, 'rest')
    case 'http':
      return told(httpAccess(event, basePath, at), event.routeArn, httpApiReply)
  }
}

const ONE_HEADER = 'a TOKEN authorizer sees one header and no address: this document needs a REQUEST authorizer'
const OTHER_REQUEST = 'an event and its ARN tell of different requests: is LATCHKEY_AWS_BASE_PATH right?'
const WILDCARD = 'no policy can name a path with "*", "?" or "$"'

/**
 * The one header that a TOKEN authorizer reads for a document; undefined where the document has more than one place,
 * another kind of place, or addresses.
 */
function oneHeader({ credentials, addresses }: Deployment['settings']): string | undefined {
  const places = new Set(credentials.flatMap((credential) => credential.places))
  const [place, ...more] = places
  // A faulty document has no places, and refuses by itself.
  if (!place) return 'authorization'
  return place.kind === 'header' && more.length === 0 && !addresses ? place.name : undefined
}

function told(access: Access, arn: string, form: Form): Told {
  return { access, arn, form, objection: ambiguity(access, arn, form) }
}

/** Where an event contradicts itself, or where its resource can stand in no policy. */
function ambiguity({ method, target }: Access, arn: string, form: Form): Refusal | undefined {
  const parsed = parseArn(arn)
  if (!parsed || contradicts(parsed, method, target.replace(/\?.*$/s, ''))) {
    return { reason: 'request-ambiguous', detail: OTHER_REQUEST }
  }
  return form === 'simple' || isExact(arn) ? undefined : { reason: 'request-ambiguous', detail: WILDCARD }
}
