import { resultTtlSecondsOf } from '../../../config.ts'
import { revocationDelay } from '../../../hosts.ts'
import { everyEntry } from '../entries.ts'
import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import type { Authorizer } from '../model.ts'
import type { Judged, Subject } from '../subject.ts'
import { UNKNOWN } from '../templates/tree.ts'

/** Holds the TTLs of a template against the document's `apis` and `revocation`. */
export function ttls({ settings, apis }: Subject): Finding[] {
  return apis.flatMap((api) =>
    api.authorizers.flatMap((authorizer) => {
      const { seconds } = authorizer.ttl
      if (seconds === UNKNOWN) return []
      if (api.protocol === 'graphql') return overridden(api, authorizer, seconds)
      return [...agreement(api, authorizer, seconds), ...budget(authorizer, seconds)]
    }),
  )

  function agreement({ entries, protocol }: Judged, { ttl }: Authorizer, seconds: number): Finding[] {
    // A WebSocket API asks once a connection, and keeps nothing.
    if (protocol === 'websocket') return []
    const says = [...new Set(entries.map((entry) => entry.resultTtlSeconds))].join(' or ')
    if (everyEntry(entries, (entry) => seconds > entry.resultTtlSeconds)) {
      const message = `${told(ttl)}, and the document says resultTtlSeconds ${says}: set ${ttl.setting} to ${says}, or say ${seconds} in "apis"`
      return [finding(ttl.line, 'ttl-over-document', message)]
    }
    if (!everyEntry(entries, (entry) => seconds < entry.resultTtlSeconds)) return []
    const message = `${told(ttl)}, and the document reckons with resultTtlSeconds ${says}: let them agree`
    return [finding(ttl.line, 'ttl-under-document', message)]
  }

  function budget({ ttl }: Authorizer, seconds: number): Finding[] {
    const within = settings.document.revocation?.withinSeconds
    const others = revocationDelay(settings).seconds - resultTtlSecondsOf(settings.document)
    if (within === undefined || others + seconds <= within) return []
    const message = `${told(ttl)}, and with it a revocation takes ${others + seconds} s, where "revocation" allows ${within}: set ${ttl.setting} to ${Math.max(0, within - others)} or less`
    return [finding(ttl.line, 'ttl-over-budget', message)]
  }
}

/** What AppSync is configured to keep never counts, as each answer says its own. */
function overridden({ entries }: Judged, { ttl }: Authorizer, seconds: number): Finding[] {
  if (!everyEntry(entries, (entry) => seconds > entry.resultTtlSeconds)) return []
  const message = `${told(ttl)}, which never counts, as each answer has a ttlOverride of its own by "resultTtlSeconds": set ${ttl.setting} to 0, or let them agree`
  return [finding(ttl.line, 'ttl-overridden', message)]
}

function told({ seconds, isDefault, setting }: Authorizer['ttl']): string {
  return `the result TTL is ${String(seconds)} s${isDefault ? `, as nothing sets ${setting}` : ''}`
}
