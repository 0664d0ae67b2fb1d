import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'

type Colour = 'red' | 'yellow' | 'green' | 'bold' | 'dim'

/** Colours text for a terminal only, and never where NO_COLOR is set (https://no-color.org). */
export function paint(colour: Colour, text: string, stream: NodeJS.WriteStream = process.stderr): string {
  // By itself `styleText` looks at stdout, whatever the text is for.
  return stream.isTTY && !process.env['NO_COLOR'] ? styleText(colour, text, { validateStream: false }) : text
}

/** Says something to the person at the terminal; results go to stdout instead. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

export function warn(line: string): void {
  say(`${paint('yellow', 'warning')} ${line}`)
}

export function complain(line: string): void {
  say(`${paint('red', 'error')} ${line}`)
}

/** A result: for people as text, for scripts as JSON. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Text that somebody else has written, without what would move a terminal's cursor or hide a part of it. */
export function plain(text: string): string {
  return text.replace(/\p{C}/gu, '\ufffd')
}

/** The same of a text of many lines. */
export function plainLines(text: string): string {
  return text.replace(/[^\P{C}\r\n]/gu, '\ufffd')
}

/** Asks the person at the terminal; undefined where nobody is there to answer. */
export async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await reader.question(`${question} `)
  } finally {
    reader.close()
  }
}
