import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import type { LambdaFunction } from '../model.ts'
import type { Subject } from '../subject.ts'
import { UNKNOWN } from '../templates/tree.ts'

/** Looks for functions in a VPC, where an issuer is out of reach unless there is a way out. */
export function remoteKeys({ settings, apis }: Subject): Finding[] {
  const remote = settings.credentials.flatMap(({ name, document }) =>
    document.kind === 'jwt' && ('jwksUrl' in document.keys || 'discover' in document.keys) ? name : [],
  )
  if (remote.length === 0) return []
  const asked = new Set(apis.flatMap(({ authorizers }) => authorizers.map(({ asks }) => asks)))
  const inside = Array.from(asked).filter((asks): asks is LambdaFunction => asks !== UNKNOWN && asks.isInVpc === true)
  return inside.map(({ line, name }) => {
    const message = `${name} is in a VPC, and ${remote.join(', ')} fetches keys of its issuer: without a NAT gateway every such token is 503. Take it out of the VPC, or put the keys into a secret ("jwks")`
    return finding(line, 'vpc-remote-keys', message)
  })
}
