import { stripVTControlCharacters } from 'node:util'
import type { ArgsDef, CommandDef } from 'citty'
import { defineCommand, renderUsage } from 'citty'
import { VERSION } from '../version.ts'
import type { Command, Commands, Group } from './command.ts'
import { failureOf } from './failure.ts'
import { complain, print, say } from './terminal.ts'
import type { Flags } from './usage.ts'
import { shown, UsageError } from './usage.ts'

const COMMANDS: Commands = {
  serve: {
    description: 'run the gate on Node',
    load: () => import('./serve.ts').then(({ serve, SERVE_FLAGS }) => ({ flags: SERVE_FLAGS, run: serve })),
  },
  check: {
    description: 'validate a document and say what it means',
    load: () => import('./check.ts').then(({ check, CHECK_FLAGS }) => ({ flags: CHECK_FLAGS, run: check })),
  },
  bundle: {
    description: 'write a Lambda function as a zip, without a build tool',
    load: () => import('./bundle.ts').then(({ bundle, BUNDLE_FLAGS }) => ({ flags: BUNDLE_FLAGS, run: bundle })),
  },
  explain: {
    description: 'decide about a request and tell each step',
    positionals: ['METHOD', 'URL'],
    load: () => import('./explain.ts').then(({ explain, EXPLAIN_FLAGS }) => ({ flags: EXPLAIN_FLAGS, run: explain })),
  },
  keys: {
    description: 'issue, list, rotate and revoke keys',
    commands: () => import('./keys/commands.ts').then(({ KEY_COMMANDS }) => KEY_COMMANDS),
  },
  'gateway-key': {
    description: 'make keys of gateways, and sign their tokens',
    commands: () => import('./gateway-key/commands.ts').then(({ GATEWAY_KEY_COMMANDS }) => GATEWAY_KEY_COMMANDS),
  },
  jwt: {
    description: 'sign JSON Web Tokens, and make keys for it',
    commands: () => import('./jwt/commands.ts').then(({ JWT_COMMANDS }) => JWT_COMMANDS),
  },
  whoami: {
    description: 'ask a deployment what a token may do',
    load: () => import('./whoami.ts').then(({ whoami, WHOAMI_FLAGS }) => ({ flags: WHOAMI_FLAGS, run: whoami })),
  },
  pepper: {
    description: 'make a random pepper for issued keys',
    load: () => import('./pepper.ts').then(({ pepper, PEPPER_FLAGS }) => ({ flags: PEPPER_FLAGS, run: pepper })),
  },
  token: {
    description: 'make a random static token',
    load: () => import('./token.ts').then(({ token, TOKEN_FLAGS }) => ({ flags: TOKEN_FLAGS, run: token })),
  },
}

const PROGRAM: Group = { description: 'token authorization at the edge', commands: async () => COMMANDS }

/**
 * Does what a command line asks, and tells what it comes to. Exit 0: done or allowed; 1: refused or faulty; 2: the command
 * line was not understood; undefined: the process lives on.
 */
export async function main(rawArgs: readonly string[]): Promise<number | undefined> {
  try {
    return await runProgram(rawArgs)
  } catch (error) {
    const { message, details } = failureOf(error)
    complain(message)
    for (const detail of details) say(`  ${detail}`)
    return 1
  }
}

async function runProgram(rawArgs: readonly string[]): Promise<number | undefined> {
  if (rawArgs[0] === '--version' || rawArgs[0] === '-v') {
    print(VERSION)
    return 0
  }
  return runGroup(['latchkey'], PROGRAM, rawArgs)
}

/** `path` is what was read so far, as `latchkey keys`. */
async function runGroup(
  path: readonly string[],
  group: Group,
  [name, ...rawArgs]: readonly string[],
): Promise<number | undefined> {
  if (name === undefined) {
    say(coloured(await usageOfGroup(path, group), process.stderr))
    return 2
  }
  if (name === '--help' || name === '-h') {
    print(coloured(await usageOfGroup(path, group), process.stdout))
    return 0
  }
  const commands = await group.commands()
  const found = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!found) return misunderstood(`no command '${[...path.slice(1), shown(name)].join(' ')}'`, path)
  return 'commands' in found ? runGroup([...path, name], found, rawArgs) : runCommand([...path, name], found, rawArgs)
}

async function runCommand(
  path: readonly string[],
  command: Command,
  rawArgs: readonly string[],
): Promise<number | undefined> {
  const { flags, run } = await command.load()
  if (rawArgs.includes('--help') || rawArgs.includes('-h')) {
    print(coloured(await usageOfCommand(path, command, flags), process.stdout))
    return 0
  }
  try {
    return await run(rawArgs)
  } catch (error) {
    if (error instanceof UsageError) return misunderstood(error.message, path.length > 2 ? path : path.slice(0, 1))
    throw error
  }
}

function misunderstood(message: string, path: readonly string[]): number {
  complain(message)
  say(`see: ${path.join(' ')} --help`)
  return 2
}

/** citty colours its text whoever reads it. */
function coloured(text: string, { isTTY }: NodeJS.WriteStream): string {
  return isTTY ? text : stripVTControlCharacters(text)
}

async function usageOfGroup(path: readonly string[], { description, commands }: Group): Promise<string> {
  const subCommands = Object.fromEntries(
    Object.entries(await commands()).map(([name, each]) => [
      name,
      defineCommand({ meta: { name, description: each.description } }),
    ]),
  )
  const isProgram = path.length === 1
  const meta = { name: path.at(-1) as string, description, ...(isProgram && { version: VERSION }) }
  return renderUsage(defineCommand({ meta, subCommands }), parentOf(path))
}

function usageOfCommand(
  path: readonly string[],
  { description, positionals = [] }: Command,
  flags: Flags,
): Promise<string> {
  const args: ArgsDef = Object.fromEntries([
    ...positionals.map((each) => [each, { type: 'positional', required: true }]),
    ...Object.entries(flags),
  ])
  const meta = { name: path.at(-1) as string, description }
  return renderUsage(defineCommand({ meta, args }) as CommandDef, parentOf(path))
}

function parentOf(path: readonly string[]): CommandDef | undefined {
  return path.length === 1 ? undefined : defineCommand({ meta: { name: path.slice(0, -1).join(' ') } })
}
