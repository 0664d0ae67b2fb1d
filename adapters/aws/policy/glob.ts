/** Any text, of any number of segments: IAM's `*` crosses slashes. */
export const STAR: unique symbol = Symbol('*')

/**
 * A resource of a policy behind the stage, segment by segment: the method, then the path. `STAR` stands for one or more
 * whole segments, as what it could match beside that, `//`, is denied wherever it stands.
 */
export type Glob = readonly (string | typeof STAR)[]

/** How far a glob has got in a text: bit `i` is set where part `i` may come next. */
export type Progress = number

export const BEGUN: Progress = 1

/** Takes one more segment; undefined is a text that no glob names. */
export function advance(glob: Glob, progress: Progress, segment: string | undefined): Progress {
  let next = 0
  for (const [place, part] of glob.entries()) {
    if (!(progress & (1 << place))) continue
    if (part === STAR) next |= (1 << place) | (1 << (place + 1))
    else if (part === segment) next |= 1 << (place + 1)
  }
  return next
}

/** Whether the glob matches what it was advanced by. */
export function isDone(glob: Glob, progress: Progress): boolean {
  return (progress & (1 << glob.length)) !== 0
}

/** Whether the glob matches what it was advanced by, and whatever may follow. */
export function isSettled(glob: Glob, progress: Progress): boolean {
  return glob.at(-1) === STAR && isDone(glob, progress)
}

/** Whether one glob matches all that another one does; false where that cannot be seen at once. */
export function covers(glob: Glob, other: Glob): boolean {
  // What another one's `STAR` stands for nothing but a `STAR` matches.
  const end = other.reduce<Progress>(
    (progress, part) => advance(glob, progress, part === STAR ? undefined : part),
    BEGUN,
  )
  return isDone(glob, end)
}

/** Of globs those that no other one covers. */
export function withoutCovered(globs: readonly Glob[]): Glob[] {
  const wide = globs.flatMap((glob, place) => (glob.includes(STAR) ? [place] : []))
  const isSpare = (glob: Glob, place: number) =>
    wide.some((at) => {
      const other = globs[at] as Glob
      return at !== place && covers(other, glob) && (at > place || !covers(glob, other))
    })
  const distinct = new Map(globs.map((glob, place) => [textOf(glob), place]))
  return globs.filter((glob, place) => distinct.get(textOf(glob)) === place && !isSpare(glob, place))
}

/** As it stands in a resource. */
export function textOf(glob: Glob): string {
  return glob.map((part) => (part === STAR ? '*' : part)).join('/')
}

/** Whether IAM's evaluation finds a text in a resource: `*` is any text, `?` is never written here. */
export function isMatch(resource: string, text: string): boolean {
  const pieces = resource.split('*')
  if (pieces.length === 1) return resource === text
  const [first, last] = [pieces[0] as string, pieces.at(-1) as string]
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let from = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, from)
    if (found < 0) return false
    from = found + piece.length
  }
  return from <= text.length - last.length
}
