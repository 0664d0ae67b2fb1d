import type { Commands } from '../command.ts'

export const KEY_COMMANDS: Commands = {}
