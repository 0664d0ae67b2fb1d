import type { Command } from '../command.ts'

/** The commands below `latchkey gateway-key`. */
export const GATEWAY_KEY_COMMANDS: Readonly<Record<string, Command>> = {
  new: {
    description: 'make the keys of a gateway, or one of them',
    load: () => import('./new.ts').then(({ newKeys, NEW_FLAGS }) => ({ flags: NEW_FLAGS, run: newKeys })),
  },
  mint: {
    description: 'sign a token for a gateway; it goes to stdout, once',
    load: () => import('./mint.ts').then(({ mint, MINT_FLAGS }) => ({ flags: MINT_FLAGS, run: mint })),
  },
  rotate: {
    description: 'tell in which order the keys of a gateway are made anew',
    load: () => import('./rotate.ts').then(({ rotate, ROTATE_FLAGS }) => ({ flags: ROTATE_FLAGS, run: rotate })),
  },
}
