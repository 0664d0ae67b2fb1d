#!/usr/bin/env node
import { main } from './program.ts'

// Whoever reads may stop, as `head` does; whether all was told is what the exit code says.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 1 : 70))

const code = await main(process.argv.slice(2))
if (code !== undefined) process.exitCode = code
