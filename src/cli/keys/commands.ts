import type { Command } from '../command.ts'

const KEY = ['KEY']

/** The commands below `latchkey keys`; KEY is an id or a name. */
export const KEY_COMMANDS: Readonly<Record<string, Command>> = {
  create: {
    description: 'make a key; its token goes to stdout, once',
    load: () => import('./create.ts').then(({ create, CREATE_FLAGS }) => ({ flags: CREATE_FLAGS, run: create })),
  },
  list: {
    description: 'list keys',
    load: () => import('./list.ts').then(({ list, LIST_FLAGS }) => ({ flags: LIST_FLAGS, run: list })),
  },
  show: {
    description: 'tell all about a key',
    positionals: KEY,
    load: () => import('./show.ts').then(({ show, SHOW_FLAGS }) => ({ flags: SHOW_FLAGS, run: show })),
  },
  update: {
    description: 'change what a key is',
    positionals: KEY,
    load: () => import('./update.ts').then(({ update, UPDATE_FLAGS }) => ({ flags: UPDATE_FLAGS, run: update })),
  },
  rotate: {
    description: 'give a key a new secret, the old one counting on for a while',
    positionals: KEY,
    load: () => import('./rotate.ts').then(({ rotate, ROTATE_FLAGS }) => ({ flags: ROTATE_FLAGS, run: rotate })),
  },
  suspend: {
    description: 'let a key count no more until it is resumed',
    positionals: KEY,
    load: () => import('./state.ts').then(({ suspend, SUSPEND_FLAGS }) => ({ flags: SUSPEND_FLAGS, run: suspend })),
  },
  resume: {
    description: 'let a suspended key count again',
    positionals: KEY,
    load: () => import('./state.ts').then(({ resume, RESUME_FLAGS }) => ({ flags: RESUME_FLAGS, run: resume })),
  },
  revoke: {
    description: 'let a key count no more, for good',
    positionals: KEY,
    load: () => import('./state.ts').then(({ revoke, REVOKE_FLAGS }) => ({ flags: REVOKE_FLAGS, run: revoke })),
  },
  delete: {
    description: 'take a key away and free its name',
    positionals: KEY,
    load: () => import('./state.ts').then(({ remove, DELETE_FLAGS }) => ({ flags: DELETE_FLAGS, run: remove })),
  },
  reveal: {
    description: 'tell the token of a viewable key',
    positionals: KEY,
    load: () => import('./reveal.ts').then(({ reveal, REVEAL_FLAGS }) => ({ flags: REVEAL_FLAGS, run: reveal })),
  },
  import: {
    description: 'take over the keys of another system',
    load: () =>
      import('./import.ts').then(({ importKeys, IMPORT_FLAGS }) => ({ flags: IMPORT_FLAGS, run: importKeys })),
  },
  export: {
    description: 'tell every key as a line of JSON, without its digests',
    load: () =>
      import('./export.ts').then(({ exportKeys, EXPORT_FLAGS }) => ({ flags: EXPORT_FLAGS, run: exportKeys })),
  },
  usage: {
    description: 'tell how often keys were used',
    load: () => import('./usage.ts').then(({ usage, USAGE_FLAGS }) => ({ flags: USAGE_FLAGS, run: usage })),
  },
  log: {
    description: "tell a key's changes and refusals",
    positionals: KEY,
    load: () => import('./log.ts').then(({ log, LOG_FLAGS }) => ({ flags: LOG_FLAGS, run: log })),
  },
  expiring: {
    description: 'tell the keys that end soon',
    load: () =>
      import('./expiring.ts').then(({ expiring, EXPIRING_FLAGS }) => ({ flags: EXPIRING_FLAGS, run: expiring })),
  },
}
