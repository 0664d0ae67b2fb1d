/** What reads and fetches keys: once at the start, and every few minutes. A Worker's build makes it a file of its own. */
export { keySetOf } from './key-set.ts'
export { published } from './published.ts'
export { secretKeys } from './secrets.ts'
