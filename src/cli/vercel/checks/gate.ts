import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import type { GateFile } from '../gate.ts'
import type { Subject } from '../subject.ts'

/** The file of the gate: that there is one, that it is read, and that it calls Latchkey. */
export function gateFile({ project }: Subject): Finding[] {
  const { gateFiles, gate, manifest, answering, isNext } = project
  const read = gateFiles.filter(({ isRead }) => isRead)
  const strayed = gateFiles.filter(({ isRead }) => !isRead)
  const [first, second] = read
  if (!first) {
    if (strayed.length > 0) return strayed.map((each) => misplaced(each, isNext))
    if (answering.some(({ isGuarded }) => isGuarded)) return []
    return [finding(manifest, 'no-gate', NO_GATE)]
  }
  const place = { file: first.file, line: 1 }
  return [
    ...strayed.filter(({ callsLatchkey }) => callsLatchkey).map((each) => misplaced(each, isNext)),
    ...(second && isNext ? [finding({ file: second.file, line: 1 }, 'two-gates', twoGates(first, second))] : []),
    ...(gate ? [] : [finding(place, 'gate-unread', 'cannot be read as JavaScript or TypeScript: repair it')]),
    ...(gate && !gate.latchkey ? [finding(place, 'gate-unseen', UNSEEN)] : []),
    ...(isNext ? byVersion(project, first) : []),
  ]
}

const NO_GATE =
  'neither a proxy or middleware file, nor a handler that is wrapped in guard: nothing is judged; write a proxy.ts'
const UNSEEN =
  'neither this file nor one that it imports calls latchkey() of latchkey/next or middleware() of latchkey/vercel: if it does so elsewhere, everything that reaches it is taken as judged'

function misplaced({ file }: GateFile, isNext: boolean): Finding {
  const where = isNext ? 'beside app/ or pages/, as proxy.ts' : 'at the top, as middleware.ts or middleware.js'
  return finding({ file, line: 1 }, 'misplaced-gate', `is not read there, and never runs: put it ${where}`)
}

function twoGates(first: GateFile, second: GateFile): string {
  return first.name === second.name
    ? `${first.file} is there too, and one of them alone runs: keep one`
    : `${first.file} is there too, and Next refuses to build with both: keep proxy`
}

function byVersion({ version: { version }, gate }: Subject['project'], { file, name }: GateFile): Finding[] {
  const place = { file, line: 1 }
  const major = Number(version?.split('.')[0] ?? Number.NaN)
  const found: Finding[] = []
  if (name === 'proxy' && major < 16) {
    found.push(finding(place, 'proxy-before-16', `next ${version} reads middleware.ts alone: this file never runs`))
  }
  if (name === 'proxy' && gate?.runtime) {
    found.push(finding(gate.runtime, 'proxy-runtime', 'a runtime in a proxy, which Next refuses: take it out'))
  }
  // Before 16 nobody looks before the function is called.
  if (gate?.destructured && !(major < 16)) {
    const message = `an export that is taken out of an object, in which next build finds no function: write export const ${name} = latchkey({ document }).${name}, or export it from another file`
    found.push(finding(gate.destructured, 'proxy-destructured', message))
  }
  if (name === 'middleware' && major >= 16) {
    found.push(
      finding(place, 'middleware-deprecated', `next ${version} calls middleware.ts deprecated: write proxy.ts`),
    )
  }
  return found
}
