import type { Finding, FindingCode } from '../findings.ts'
import { finding, some } from '../findings.ts'
import type { Gap, GapKind } from '../gaps.ts'
import { gapsIn } from '../gaps.ts'
import type { Subject } from '../subject.ts'

/** The matcher: that it is one, and that what is protected does not go round it. */
export function matcher(subject: Subject): Finding[] {
  const { gate } = subject.project
  if (!gate?.matcher) return []
  const place = { file: gate.file, line: gate.matcher.line }
  if (subject.refused !== undefined) {
    const advice = 'write a path, or a list, in this file, without names and without expressions'
    return [finding(place, 'matcher-unread', `the matcher counts for nothing: ${subject.refused}; ${advice}`)]
  }
  const own = OWN.map((each) => subject.settings.base + each).filter((path) => subject.coverage(path) !== 'always')
  return [
    ...(subject.rules?.some(({ hasRegexp }) => hasRegexp)
      ? [finding(place, 'matcher-regexp', 'Next matches by source alone, whatever regexp says: write it in source')]
      : []),
    ...gapsIn(subject).map((gap) => ofGap(gap, place)),
    ...(own.length > 0
      ? [finding(place, 'own-unmatched', `${some(own)} do not reach the gate, which would answer`)]
      : []),
  ]
}

const OWN = ['/health', '/whoami', '/verify']

const CODES: Readonly<Record<GapKind, FindingCode>> = {
  path: 'matcher-gap',
  condition: 'matcher-condition',
  form: 'matcher-form',
}

const WHY: Readonly<Record<GapKind, string>> = {
  path: 'the matcher leaves out',
  condition: 'the matcher asks for more than the path, which the client chooses, of',
  form: 'the matcher leaves out another form of it:',
}

function ofGap({ route, kind, paths, isGuarded }: Gap, place: { file: string; line: number }): Finding {
  const closed = isGuarded ? '; guard judges what is served there' : ': who asks there is not judged'
  const message = `${route.path} is protected, and ${WHY[kind]} ${some(paths)}${closed}`
  return finding(place, CODES[kind], message, isGuarded ? 'warning' : 'error')
}
