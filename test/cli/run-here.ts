import { vi } from 'vitest'
import { main } from '../../src/cli/program.ts'
import type { Outcome } from './run.ts'

/** Runs a command in this process, which is faster than one of its own: for what needs none. */
export async function runHere(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  const [stdout, stderr] = [process.stdout, process.stderr].map((stream) => {
    const spy = vi.spyOn(stream, 'write').mockImplementation(() => true)
    return {
      text: () => spy.mock.calls.map(([text]) => String(text)).join(''),
      end: () => spy.mockRestore(),
    }
  }) as [Captured, Captured]
  try {
    const code = (await main(args)) ?? null
    return { code, signal: null, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    stdout.end()
    stderr.end()
    vi.unstubAllEnvs()
  }
}

interface Captured {
  text(): string
  end(): void
}
