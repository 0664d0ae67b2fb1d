/** What another process writes to its console, line by line. */
export interface WrittenLines {
  readonly lines: readonly string[]
  /** Waits for a line; undefined where none comes. */
  line(matching: (line: string) => boolean): Promise<string | undefined>
  /** Takes a line that was written. */
  write(line: string): void
}

const PATIENCE_MILLISECONDS = 5000

export function writtenLines(): WrittenLines {
  const lines: string[] = []
  const waiting = new Set<(line: string) => void>()
  return {
    lines,
    line: (matching) => lineOf(lines, waiting, matching),
    write(line) {
      lines.push(line)
      for (const tell of waiting) tell(line)
    },
  }
}

function lineOf(
  lines: readonly string[],
  waiting: Set<(line: string) => void>,
  matching: (line: string) => boolean,
): Promise<string | undefined> {
  const known = lines.find(matching)
  if (known !== undefined) return Promise.resolve(known)
  return new Promise((resolve) => {
    const settle = (line?: string) => {
      clearTimeout(timer)
      waiting.delete(tell)
      resolve(line)
    }
    const tell = (line: string) => {
      if (matching(line)) settle(line)
    }
    const timer = setTimeout(settle, PATIENCE_MILLISECONDS)
    waiting.add(tell)
  })
}
