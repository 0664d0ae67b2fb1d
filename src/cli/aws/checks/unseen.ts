import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import type { Authorizer, Method, Model, Protocol } from '../model.ts'
import { describe } from '../names.ts'
import { UNKNOWN } from '../templates/tree.ts'

/** Tells what cannot be seen here, so that silence is no consent. */
export function unseen({ apis, unread }: Model): Finding[] {
  return [
    ...unread.map(({ line, message }) => finding(line, 'unseen', `cannot be seen here: ${message}`)),
    ...apis.flatMap(({ protocol, authorizers, methods }) => [
      ...authorizers.flatMap((authorizer) => ofAuthorizer(protocol, authorizer)),
      ...methods.flatMap(ofMethod),
    ]),
  ]
}

function ofAuthorizer(
  protocol: Protocol,
  { name, line, ttl, sources, payload, isSimple, asks }: Authorizer,
): Finding[] {
  const hidden = [
    [ttl.line, ttl.seconds === UNKNOWN, 'the result TTL'],
    [sources.line, sources.value === UNKNOWN, 'the identity sources'],
    [payload.line, payload.value === UNKNOWN, 'the payload format'],
    [line, isSimple === UNKNOWN, 'whether responses are simple'],
    [line, asks === UNKNOWN, 'the function: its variables and its VPC'],
    [line, protocol === 'http' && hidesReply(asks), 'what LATCHKEY_AWS_REPLY is'],
  ] as const
  return hidden.flatMap(([where, isHidden, what]) =>
    isHidden ? [finding(where, 'unseen', `cannot be seen here: ${what} of ${name}`)] : [],
  )
}

function hidesReply(asks: Authorizer['asks']): boolean {
  if (asks === UNKNOWN) return false
  return asks.variables === UNKNOWN || asks.variables.get('LATCHKEY_AWS_REPLY') === UNKNOWN
}

function ofMethod(method: Method): Finding[] {
  const { line, guard, path, integration } = method
  const hidden = [
    [line, guard === 'unknown', `the authorizer of ${describe(method)}`],
    [line, path === UNKNOWN, `the path of a ${method.verb} method`],
    [integration?.line ?? line, integration?.parameters === UNKNOWN, `what is mapped to ${describe(method)}`],
  ] as const
  return hidden.flatMap(([where, isHidden, what]) =>
    isHidden ? [finding(where, 'unseen', `cannot be seen here: ${what}`)] : [],
  )
}
