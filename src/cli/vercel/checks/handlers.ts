import { isUnder } from '../../../lib/path.ts'
import type { Finding } from '../findings.ts'
import { finding, some } from '../findings.ts'
import { METHODS, protectedBy } from '../gaps.ts'
import { probesOfFile } from '../probes.ts'
import type { Answering } from '../project.ts'
import { isHandler, shownPath } from '../served.ts'
import type { Subject } from '../subject.ts'

/** What answers requests: that nobody reaches it unjudged. */
export function handlers(subject: Subject): Finding[] {
  const { project } = subject
  if (!project.gate && project.gateFiles.length > 0) return []
  const files = project.answering
  return [
    ...files.flatMap((each) => ofFile(subject, each)),
    ...withoutIdentity(subject, files),
    ...serverFunctions(subject, files),
  ]
}

function ofFile(subject: Subject, file: Answering): Finding[] {
  const place = { file: file.file, line: 1 }
  const shown = shownPath(file)
  const paths = pathsOf(file)
  const hasGate = subject.project.gate !== undefined
  const route = paths.map((path) => protectedBy(subject, path)).find((each) => each !== undefined)
  if (!hasGate && !file.isGuarded && route) {
    const how = isHandler(file) ? 'wrap every exported method in guard' : 'a page needs a proxy'
    return [
      finding(place, 'unguarded', `${shown} is protected by ${route.path}, and nothing judges who calls it: ${how}`),
    ]
  }
  if (!isHandler(file) || paths.some((path) => isUnder(path, subject.settings.base))) return []
  const methods = file.methods.length > 0 ? file.methods.filter((method) => method !== 'OPTIONS') : METHODS
  const verdicts = paths.flatMap((path) => methods.map((method) => subject.verdict(method, path)))
  const isNamed = verdicts.some((each) => each !== undefined)
  const isPublic = verdicts.every((each) => each?.isPublic === true)
  const reaches = hasGate && paths.every((path) => subject.inScope(path) && subject.coverage(path) === 'always')
  if (!file.isGuarded && !reaches) {
    // What a route protects, and goes round the gate, is told of the matcher.
    const isTold = route !== undefined && paths.every((path) => subject.inScope(path))
    if (isPublic || isTold) return []
    return [
      finding(
        place,
        'handler-open',
        `${shown} reaches no gate, and anybody calls it: wrap it in guard, or name it as a public route`,
      ),
    ]
  }
  if (isNamed) return []
  return [finding(place, 'handler-unnamed', `${shown} is named by no route of the document: every call is refused`)]
}

function pathsOf(file: Answering): string[] {
  return probesOfFile(file, []).flatMap(({ path, isExotic }) => (isExotic ? [] : [path]))
}

/** Behind the proxy, which takes the credential away, a guard knows who called by the identity alone. */
function withoutIdentity(subject: Subject, files: readonly Answering[]): Finding[] {
  const { settings, project } = subject
  if (!project.gate || settings.document.identity || settings.credentials.every(({ forward }) => forward)) return []
  const guarded = files.filter(
    (file) =>
      file.isGuarded &&
      pathsOf(file).some(
        (path) => protectedBy(subject, path) && subject.inScope(path) && subject.coverage(path) !== 'never',
      ),
  )
  const [first] = guarded
  if (!first) return []
  const names = some(guarded.map(({ file }) => file))
  const message = `the proxy takes the credential away, and the guard of ${names} refuses everything: write "identity" into the document`
  return [finding({ file: first.file, line: 1 }, 'guard-without-identity', message)]
}

/** A Server Function is a POST to the path of any page that uses it. */
function serverFunctions(subject: Subject, files: readonly Answering[]): Finding[] {
  const { serverFunctions: names } = subject.project
  const [first] = names
  if (first === undefined) return []
  const open = files.filter(
    (file) =>
      !isHandler(file) &&
      pathsOf(file).some(
        (path) =>
          !subject.project.gate ||
          subject.coverage(path) !== 'always' ||
          !subject.inScope(path) ||
          subject.verdict('POST', path)?.isPublic === true,
      ),
  )
  if (open.length === 0) return []
  const message = `Server Functions in ${some(names)} are called by a POST to any page that uses them, and ${some(open.map(shownPath))} takes one without a credential: authorize inside each function`
  return [finding({ file: first, line: 1 }, 'server-functions', message)]
}
