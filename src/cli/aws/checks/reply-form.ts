import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import type { Authorizer } from '../model.ts'
import type { Subject } from '../subject.ts'
import { UNKNOWN } from '../templates/tree.ts'

const REPLY = 'LATCHKEY_AWS_REPLY'

/** Holds what an HTTP API sends and expects against what its function answers. */
export function replyForms({ apis }: Subject): Finding[] {
  return apis
    .filter(({ protocol }) => protocol === 'http')
    .flatMap(({ authorizers }) => authorizers.flatMap((authorizer) => [...payload(authorizer), ...form(authorizer)]))
}

function payload({ payload: { line, value }, isSimple }: Authorizer): Finding[] {
  if (value === UNKNOWN || value === '2.0' || (value === '1.0' && isSimple !== true)) return []
  const why =
    value === undefined
      ? 'no payload format is named, and CloudFormation takes none for granted'
      : value === '1.0'
        ? 'payload format 1.0 has no simple responses'
        : 'payload formats are 1.0 and 2.0'
  return [finding(line, 'payload-version', `${why}: say 2.0`)]
}

function form({ payload: { value }, isSimple, asks, line }: Authorizer): Finding[] {
  if (value !== '2.0' || isSimple === UNKNOWN || asks === UNKNOWN || asks.variables === UNKNOWN) return []
  const reply = asks.variables.get(REPLY)
  if (reply === UNKNOWN || (reply === 'iam') !== isSimple) return []
  const message = isSimple
    ? `simple responses are on, and ${asks.name} answers by policies, as ${REPLY} is iam: take the variable away, or give this authorizer a function of its own`
    : `simple responses are off, and ${asks.name} answers yes or no: set its ${REPLY} to iam, or turn simple responses on`
  return [finding(line, 'reply-form', `${message}. Until then every request is a 500`)]
}
