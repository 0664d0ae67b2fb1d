import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import type { Subject } from '../subject.ts'
import { cachingOf, knownSources } from '../subject.ts'

/** Looks for what an answer that is kept cannot hold to: limits and addresses. */
export function keptAnswers(subject: Subject): Finding[] {
  const { settings } = subject
  const { credentials, owners } = settings.document
  const isLimited = owners !== undefined || credentials.some(({ limits }) => limits !== undefined)
  return Array.from(cachingOf(subject)).flatMap(([, authorizer]) => {
    const { line, setting } = authorizer.ttl
    const sources = knownSources(authorizer)
    const isByAddress = sources?.some(({ kind, name }) => kind === 'context' && name === 'identity.sourceIp') ?? true
    const found: Finding[] = []
    if (isLimited) {
      const message = `answers are kept, and the document has limits, which count no request that API Gateway answers by itself: set ${setting} to 0`
      found.push(finding(line, 'limits-under-ttl', message))
    }
    if (settings.addresses && !isByAddress) {
      const message = `answers are kept, and one serves every address, where the document has "addresses": add context.identity.sourceIp to the identity sources, or set ${setting} to 0`
      found.push(finding(line, 'addresses-under-ttl', message))
    }
    return found
  })
}
