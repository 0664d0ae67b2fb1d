import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import type { Pepper } from '../../src/keys/format.ts'
import { PEPPER_PREFIX } from '../../src/keys/pepper-check.ts'
import { secretValues } from '../../src/lib/secret.ts'
import type { Reader, SecretSource } from '../../src/model/ports.ts'

/** The secret that holds the pepper where no document names one. */
export const PEPPER_SECRET = 'LATCHKEY_PEPPER'

/** The version that such a pepper has. */
export const PEPPER_VERSION = '1'

/** SQLite's own name for a database that is no file. */
const IN_MEMORY = 'sqlite::memory:'

/** There is no pepper, or it cannot be read. The message is one line for an operator, and holds no secret. */
export class PepperMissing extends Error {
  override name = 'PepperMissing'
}

/** A pepper, and the file that was made for it just now, where one was. */
export interface FoundPepper {
  readonly pepper: Pepper
  readonly made?: string
}

/** A new pepper: 32 random bytes as 43 characters of base64url. */
export function newPepper(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * The pepper of a store where no document names one: the secret `LATCHKEY_PEPPER`, else the file `F.pepper` beside an
 * SQLite file F. Undefined where there is neither. Throws `PepperMissing` where that file cannot be read.
 */
export async function pepperOfStore(text: string, secrets: SecretSource): Promise<Pepper | undefined> {
  const [own] = await secrets.get(PEPPER_SECRET)
  if (own !== undefined) return pepperOf(own)
  const file = pepperFileOf(text)
  const kept = file === undefined ? undefined : readPepper(file)
  return kept === undefined ? undefined : pepperOf(kept)
}

/**
 * The same for whoever makes keys: where an SQLite file has neither, `F.pepper` is made, readable by its owner alone. What
 * is in memory gets one for as long as it lasts. Throws `PepperMissing`: any other store needs the secret, and a store
 * that was made under a pepper needs that one back.
 */
export async function pepperBeside(text: string, secrets: SecretSource, store: Reader): Promise<FoundPepper> {
  const known = await pepperOfStore(text, secrets)
  if (known) return { pepper: known }
  if (text.startsWith('memory:') || text === IN_MEMORY) return { pepper: pepperOf(newPepper()) }
  const file = pepperFileOf(text)
  if (file === undefined) {
    throw new PepperMissing(`set ${PEPPER_SECRET} to the pepper of this store; make one with: latchkey pepper`)
  }
  if (await store.get(PEPPER_PREFIX + PEPPER_VERSION)) {
    throw new PepperMissing(
      `the keys of this store were made under a pepper that is not here: set ${PEPPER_SECRET}, or bring ${file} back`,
    )
  }
  const made = newPepper()
  if (writePepper(file, made)) return { pepper: pepperOf(made), made: file }
  // Of two that start at once one makes the file, and the other uses it.
  const theirs = readPepper(file)
  if (theirs === undefined) throw new PepperMissing(`${file} leads to no file: bring it back, or set ${PEPPER_SECRET}`)
  return { pepper: pepperOf(theirs) }
}

function pepperFileOf(text: string): string | undefined {
  const path = /^sqlite:(.+)$/s.exec(text)?.[1]
  return path === undefined || text === IN_MEMORY ? undefined : `${path}.pepper`
}

function pepperOf(secret: string): Pepper {
  return { version: PEPPER_VERSION, secret }
}

function readPepper(file: string): string | undefined {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new PepperMissing(`${file} cannot be read: ${code}`)
  }
  const [pepper] = secretValues(content)
  if (pepper === undefined) throw new PepperMissing(`${file} is empty: bring it back, or set ${PEPPER_SECRET}`)
  return pepper
}

/** Whether this process has made the file. It appears whole: nobody ever reads a part of a pepper. */
function writePepper(file: string, pepper: string): boolean {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const descriptor = openSync(draft, 'wx', 0o600)
    writeSync(descriptor, `${pepper}\n`)
    fsyncSync(descriptor)
    closeSync(descriptor)
    linkSync(draft, file)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    throw new PepperMissing(`${file} cannot be written: ${code}; set ${PEPPER_SECRET} instead`)
  } finally {
    rmSync(draft, { force: true })
  }
}
