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
