import type { Commands } from '../command.ts'

/** The commands below `latchkey jwt`. */
export const JWT_COMMANDS: Commands = {
  sign: {
    description: 'sign a JSON Web Token; it goes to stdout, once',
    load: () => import('./sign.ts').then(({ sign, SIGN_FLAGS }) => ({ flags: SIGN_FLAGS, run: sign })),
  },
  key: {
    description: 'make keys that sign tokens',
    commands: async () => JWT_KEY_COMMANDS,
  },
}

/** The commands below `latchkey jwt key`. */
export const JWT_KEY_COMMANDS = {
  new: {
    description: 'make a private JSON Web Key',
    load: () => import('./key-new.ts').then(({ newKey, KEY_NEW_FLAGS }) => ({ flags: KEY_NEW_FLAGS, run: newKey })),
  },
} as const satisfies Commands
