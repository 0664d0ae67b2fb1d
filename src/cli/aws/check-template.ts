import type { Settings } from '../../config.ts'
import { cacheKeys } from './checks/cache-key.ts'
import { coverage } from './checks/coverage.ts'
import { gatewayResponses } from './checks/gateway-responses.ts'
import { identitySources } from './checks/identity-sources.ts'
import { integrations } from './checks/integrations.ts'
import { keptAnswers } from './checks/kept.ts'
import { preflights } from './checks/preflights.ts'
import { remoteKeys } from './checks/remote-keys.ts'
import { replyForms } from './checks/reply-form.ts'
import { stages } from './checks/stages.ts'
import { ttls } from './checks/ttl.ts'
import { unseen } from './checks/unseen.ts'
import { websockets } from './checks/websockets.ts'
import type { Finding } from './findings.ts'
import { finding } from './findings.ts'
import type { Model } from './model.ts'
import type { Subject } from './subject.ts'
import { subjectOf } from './subject.ts'
import { readTemplate } from './templates/read-template.ts'
import type { Include } from './templates/variables.ts'
import { Unreadable } from './templates/yaml.ts'

const CHECKS: readonly ((subject: Subject) => readonly Finding[])[] = [
  ttls,
  keptAnswers,
  identitySources,
  cacheKeys,
  replyForms,
  preflights,
  gatewayResponses,
  remoteKeys,
  coverage,
  stages,
  websockets,
  integrations,
]

/** A template: its text, what it is called, and what reads the files that it names. */
export interface Template {
  readonly text: string
  readonly file: string
  readonly include: Include
}

/** Holds a template against a document; what is found stands in the order of its lines. */
export function findingsIn(template: Template, settings: Settings): Finding[] {
  const model = modelOf(template)
  if ('code' in model) return [model]
  const subject = subjectOf(settings, model)
  return inOrder([...CHECKS.flatMap((check) => check(subject)), ...unseen(model)], template.file)
}

function modelOf({ text, file, include }: Template): Model | Finding {
  const first = { file, number: 1 }
  try {
    const model = readTemplate(text, file, include)
    if (model.apis.length > 0) return model
    return finding(first, 'no-authorizer', 'holds no API that could ask an authorizer')
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return finding(error.line, 'unreadable', error.message)
  }
}

function inOrder(findings: readonly Finding[], file: string): Finding[] {
  const distinct = new Map(findings.map((each) => [JSON.stringify(each), each]))
  return Array.from(distinct.values()).sort(
    ({ line: one }, { line: other }) =>
      Number(one.file !== file) - Number(other.file !== file) ||
      one.file.localeCompare(other.file) ||
      one.number - other.number,
  )
}
