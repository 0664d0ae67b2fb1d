/**
 * Reads as much of HCL as Terraform's modules here use: blocks, attributes, and values that are written out. What would
 * have to be computed stays as it is written.
 * https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
 */
export interface Block {
  readonly type: string
  readonly labels: readonly string[]
  readonly attributes: Readonly<Record<string, Value>>
  readonly blocks: readonly Block[]
}

export type Value = string | number | boolean | null | readonly Value[] | Values | Expression

export interface Values {
  readonly [name: string]: Value
}

/** What is computed, as it is written. */
export class Expression {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** The blocks of a file. Throws where it is no HCL. */
export function readHcl(text: string, file: string): readonly Block[] {
  let at = 0

  const { blocks, attributes } = body()
  if (at < text.length || Object.keys(attributes).length > 0) fail('a block')
  return blocks

  function fail(wanted: string): never {
    throw new Error(`${file}:${text.slice(0, at).split('\n').length}: ${wanted} was expected`)
  }

  function skip(pattern: RegExp): void {
    for (let found = true; found; ) found = take(pattern) !== undefined
  }

  function take(pattern: RegExp): string | undefined {
    const sticky = new RegExp(pattern, 'y')
    sticky.lastIndex = at
    const found = sticky.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }

  function skipLines(): void {
    skip(/\s+|#.*/)
  }

  function body(): Pick<Block, 'attributes' | 'blocks'> {
    const found: Block[] = []
    const named: Record<string, Value> = {}
    for (skipLines(); at < text.length && text[at] !== '}'; skipLines()) {
      const name = take(/[A-Za-z_][\w-]*/) ?? fail('a name')
      skip(/ +/)
      if (take(/=(?!=)/)) {
        if (Object.hasOwn(named, name)) fail(`another name than ${name}`)
        named[name] = value(/\n/)
      } else found.push(block(name))
    }
    return { attributes: named, blocks: found }
  }

  function block(type: string): Block {
    const labels: string[] = []
    for (let label = take(/"[^"\n]*"/); label !== undefined; label = take(/"[^"\n]*"/)) {
      labels.push(label.slice(1, -1))
      skip(/ +/)
    }
    if (!take(/\{/)) fail('a block')
    const inside = body()
    if (!take(/\}/)) fail('the end of a block')
    return { type, labels, ...inside }
  }

  /** `end` is what follows a value where it stands. */
  function value(end: RegExp): Value {
    skip(/[ \t]+/)
    const start = at
    const literal = heredoc() ?? container() ?? scalar()
    const stop = at
    skip(/[ \t]+|#.*/)
    if (literal !== undefined && (at === text.length || new RegExp(end, 'y').test(text.slice(at, at + 1))))
      return literal
    at = literal === undefined ? start : stop
    raw(end)
    return new Expression(text.slice(start, at).trim())
  }

  function scalar(): Value | undefined {
    const quoted = take(/"(?:[^"\\\n]|\\.)*"/)
    if (quoted !== undefined) return textOf(quoted)
    const word = take(/(?:true|false|null|-?\d+(?:\.\d+)?)(?![\w.(])/)
    return word === undefined ? undefined : (JSON.parse(word) as Value)
  }

  function heredoc(): string | undefined {
    const opening = take(/<<-\w+\n/)
    if (opening === undefined) return undefined
    const lines =
      take(new RegExp(`(?:.*\\n)*?\\s*${opening.slice(3, -1)}(?=\\n)`))?.split('\n') ?? fail('the end of the text')
    const indent = /^ */.exec(lines[0] as string)?.[0].length ?? 0
    return lines
      .slice(0, -1)
      .map((line) => `${line.slice(indent)}\n`)
      .join('')
  }

  function container(): Value | undefined {
    if (take(/\[(?!\s*for\b)/)) return list()
    if (take(/\{(?!\s*for\b)/)) return object()
    // What is written out within it is what it will be in the end.
    if (take(/jsonencode\(/)) {
      const inside = value(/\)/)
      return take(/\)/) ? inside : fail('the end of jsonencode')
    }
    return undefined
  }

  function list(): Value {
    const items: Value[] = []
    for (skipLines(); !take(/\]/); skipLines()) {
      items.push(value(/[,\]\n]/))
      skipLines()
      if (!take(/,/) && text[at] !== ']') fail('the end of a list')
    }
    return items
  }

  function object(): Value {
    const members: Record<string, Value> = {}
    for (skipLines(); !take(/\}/); skipLines()) {
      const name = take(/"(?:[^"\\\n]|\\.)*"|[A-Za-z_][\w-]*/) ?? fail('a name')
      skip(/[ \t]+/)
      if (!take(/[=:]/)) fail('=')
      members[name.startsWith('"') ? String(textOf(name, true)) : name] = value(/[,}\n]/)
      skip(/[ \t]+|#.*/)
      take(/,/)
    }
    return members
  }

  /** A text with `${...}` in it is computed. */
  function textOf(quoted: string, asItIs = false): string | Expression {
    const parsed = JSON.parse(quoted.replaceAll('$${', '\\u0000{')) as string
    if (!asItIs && parsed.includes('${')) return new Expression(quoted)
    return parsed.replaceAll('\u0000{', '${')
  }

  function raw(end: RegExp): void {
    for (let depth = 0; at < text.length; ) {
      if (depth === 0 && new RegExp(end, 'y').test(text[at] as string)) return
      const token = take(/"(?:[^"\\]|\\.)*"|#.*|[\s\S]/) as string
      if (/^[([{]$/.test(token)) depth++
      if (/^[)\]}]$/.test(token) && depth-- === 0) fail(`no ${token}`)
    }
  }
}

/** The files of a module, as one. */
export function blocksOf(files: Readonly<Record<string, string>>): readonly Block[] {
  return Object.entries(files).flatMap(([file, text]) => readHcl(text, file))
}

/** What is named in a text or a value in the place of being written out: `var.name`, `aws_lambda_function.authorizer`. */
export function referencesIn(text: string): Set<string> {
  const code = text
    .replace(/#.*/g, '')
    .replace(/"(?:[^"\\\n]|\\.)*"/g, (quoted) => (quoted.match(/\$\{[^}]*\}/g) ?? []).join(' '))
  return new Set(Array.from(code.matchAll(/\b((?:var|local|data\.\w+|aws_\w+)\.\w+)/g), (match) => match[1] as string))
}
