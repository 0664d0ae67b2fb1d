#!/usr/bin/env node
import { stripVTControlCharacters } from 'node:util'
import type { ArgsDef, CommandDef } from 'citty'
import { defineCommand, renderUsage } from 'citty'
import { VERSION } from '../version.ts'
import { complain, print, say } from './terminal.ts'
import type { Flags } from './usage.ts'
import { UsageError } from './usage.ts'

/** A command: what it is for, and how it is run. Its module is loaded only when it is called. */
interface Command {
  readonly description: string
  readonly positionals?: readonly string[]
  load(): Promise<{ flags: Flags; run(rawArgs: readonly string[]): number | undefined | Promise<number | undefined> }>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    description: 'run the gate on Node',
    load: () => import('./serve.ts').then(({ serve, SERVE_FLAGS }) => ({ flags: SERVE_FLAGS, run: serve })),
  },
  check: {
    description: 'validate a document and say what it means',
    load: () => import('./check.ts').then(({ check, CHECK_FLAGS }) => ({ flags: CHECK_FLAGS, run: check })),
  },
  explain: {
    description: 'decide about a request and tell each step',
    positionals: ['METHOD', 'URL'],
    load: () => import('./explain.ts').then(({ explain, EXPLAIN_FLAGS }) => ({ flags: EXPLAIN_FLAGS, run: explain })),
  },
  token: {
    description: 'make a random static token',
    load: () => import('./token.ts').then(({ token, TOKEN_FLAGS }) => ({ flags: TOKEN_FLAGS, run: token })),
  },
}

/** Exit 0: done or allowed; 1: refused or faulty; 2: the command line was not understood. */
async function main([name, ...rawArgs]: readonly string[]): Promise<number | undefined> {
  if (name === '--version' || name === '-v') {
    print(VERSION)
    return 0
  }
  if (name === undefined) {
    say(coloured(await usage(), process.stderr))
    return 2
  }
  if (name === '--help' || name === '-h') {
    print(coloured(await usage(), process.stdout))
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw new UsageError(`no command '${name}'`)
  const { flags, run } = await command.load()
  if (rawArgs.includes('--help') || rawArgs.includes('-h')) {
    print(coloured(await usageOf(name, command, flags), process.stdout))
    return 0
  }
  return run(rawArgs)
}

/** citty colours its text whoever reads it. */
function coloured(text: string, { isTTY }: NodeJS.WriteStream): string {
  return isTTY ? text : stripVTControlCharacters(text)
}

function usage(): Promise<string> {
  const subCommands = Object.fromEntries(
    Object.entries(COMMANDS).map(([name, { description }]) => [name, defineCommand({ meta: { name, description } })]),
  )
  const description = 'token authorization at the edge'
  return renderUsage(defineCommand({ meta: { name: 'latchkey', version: VERSION, description }, subCommands }))
}

function usageOf(name: string, { description, positionals = [] }: Command, flags: Flags): Promise<string> {
  const args: ArgsDef = Object.fromEntries([
    ...positionals.map((each) => [each, { type: 'positional', required: true }]),
    ...Object.entries(flags),
  ])
  const parent: CommandDef = defineCommand({ meta: { name: 'latchkey' } })
  return renderUsage(defineCommand({ meta: { name, description }, args }) as CommandDef, parent)
}

try {
  const code = await main(process.argv.slice(2))
  if (code !== undefined) process.exitCode = code
} catch (error) {
  if (error instanceof UsageError) {
    complain(error.message)
    say('see: latchkey --help')
    process.exitCode = 2
  } else {
    complain(`unexpected: ${error instanceof Error ? (error.stack ?? error.name) : 'unknown error'}`)
    process.exitCode = 1
  }
}
