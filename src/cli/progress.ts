/** Tells how far a long work has come. */
export interface Progress {
  at(done: number): void
  /** Leaves the line to what is said next. */
  end(): void
}

const WIDTH = 30

/** A bar that is drawn over itself, on a terminal only: in a file or a pipe it would be noise. */
export function progress(what: string, total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { at: () => undefined, end: () => undefined }
  let drawn = ''
  return {
    at(done) {
      const bar = barOf(done, total)
      if (bar === drawn) return
      drawn = bar
      stream.write(`\r${what} ${bar} of ${total}`)
    },
    end() {
      if (drawn !== '') stream.write('\r\u001b[K')
    },
  }
}

/** Changes only so often that drawing it costs nothing, however many there are. */
export function barOf(done: number, total: number): string {
  const percent = total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100))
  const full = Math.floor((percent * WIDTH) / 100)
  return `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${String(percent).padStart(3)} %`
}
