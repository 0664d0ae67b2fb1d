import type { ApiDocument } from '../../../document.ts'
import { everyEntry } from '../entries.ts'
import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import { grouped } from '../grouped.ts'
import { authorizerOf } from '../model.ts'
import { describe } from '../names.ts'
import type { Judged, Subject } from '../subject.ts'
import { UNKNOWN } from '../templates/tree.ts'

/** Holds `apis` of the document against the APIs and stages that a template deploys. */
export function stages({ settings, apis }: Subject): Finding[] {
  const asked = apis.filter(({ methods }) => methods.some(authorizerOf))
  const found = asked.flatMap((api) => [...notTaken(api), ...greedy(api)])
  return [...found, ...(settings.document.apis ?? []).flatMap((entry) => notDeployed(entry, asked))]
}

function notTaken({ entries, line, name, stages }: Judged): Finding[] {
  if (entries.length > 0) return []
  const which = stages.flatMap(({ value }) => (value === UNKNOWN ? [] : value)).join(', ')
  const message = `no entry of "apis" takes ${name}${which === '' ? '' : ` at stage ${which}`}: every request is refused as not-configured. Add an entry`
  return [finding(line, 'api-not-configured', message)]
}

/** What reaches an integration beside what routes name. */
function greedy({ entries, traffic }: Judged): Finding[] {
  if (!everyEntry(entries, (entry) => !entry.greedy)) return []
  const byMethod = grouped(traffic, ({ method }) => method)
  return Array.from(byMethod).flatMap(([method, requests]) => {
    const unnamed = requests.filter(({ route }) => !route)
    if (!authorizerOf(method) || unnamed.length === 0 || unnamed.length === requests.length) return []
    const message = `"apis" says greedy: false, and ${describe(method)} takes requests that no route of the document names: say greedy: true, or name its paths and methods one by one`
    return [finding(method.line, 'greedy-promised', message)]
  })
}

function notDeployed({ api, stage }: ApiDocument, asked: readonly Judged[]): Finding[] {
  if (stage === undefined) return []
  const ours = asked.filter(({ id }) => api === undefined || id === UNKNOWN || id === api)
  const all = ours.flatMap((each) => each.stages)
  const [first] = all
  const isKnown = ours.every(({ isElsewhere, stages: own }) => !isElsewhere || own.length > 0)
  if (!first || !isKnown || all.some(({ value }) => value === UNKNOWN || value === stage)) return []
  const which = all.map(({ value }) => String(value)).join(', ')
  const message = `"apis" names the stage ${stage}, and this template deploys ${which}`
  return [finding(first.line, 'stage-not-deployed', message)]
}
