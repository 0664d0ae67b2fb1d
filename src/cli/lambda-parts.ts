import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stamp } from '../checked.ts'
import type { Document } from '../document.ts'
import type { CredentialKind } from '../model/principal.ts'
import { VERSION } from '../version.ts'
import { Failure } from './failure.ts'

/** The functions that can be put together. */
export type HandlerName = 'authorizer' | 'admin'

/** A function that was built for some kinds of credential, and for any document that has no other. */
export interface LambdaPart {
  readonly handler: HandlerName
  /** Beside static tokens. */
  readonly kinds: readonly CredentialKind[]
  readonly file: string
  /** Files that it may load later. */
  readonly needs: readonly string[]
}

/** What a build has put together, and of which version. */
export interface LambdaParts {
  readonly version: string
  readonly parts: readonly LambdaPart[]
}

export const PARTS_FILE = 'parts.json'
/** A module that each function imports, and that nobody has: a bundle writes its document in the place of the import. */
export const DOCUMENT_MODULE = './document.mjs'
const DOCUMENT_IMPORT = /\bimport ([\w$]+) from ?["'`]\.\/document\.mjs["'`];/g

/** The code of a function with a document in it, as JSON. Throws where the function was built otherwise. */
export function withDocument(code: string, json: string): string {
  if (code.match(DOCUMENT_IMPORT)?.length !== 1) throw new TypeError('a function imports its document once')
  return code.replace(DOCUMENT_IMPORT, (_, name: string) => `const ${name}=${json};`)
}

/** Beside the built command line; from its source, where a build puts it. */
const FOLDERS = ['aws-parts/', '../../dist/aws-parts/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
const BUILD = 'run `npm run build` in a checkout; an installed latchkey brings them'

/** Where the parts are; throws `Failure` where there are none, or those of another version. */
export function partsFolder(folders: readonly string[] = FOLDERS): string {
  const found = folders.find((folder) => partsIn(folder) !== undefined)
  if (found === undefined) throw new Failure(`there are no parts of a Lambda function here: ${BUILD}`)
  if (partsIn(found)?.version !== VERSION) throw new Failure(`the parts of Lambda functions here are old: ${BUILD}`)
  return found
}

/**
 * The files of a function for a document, by the names that they get, in alphabetical order. Throws `Failure` where no part
 * does for it.
 */
export function lambdaFiles(folder: string, handler: HandlerName, document: Document): ReadonlyMap<string, Uint8Array> {
  const wanted = [...new Set(document.credentials.map(({ kind }) => kind))].filter((kind) => kind !== 'static-token')
  const isFor = (part: LambdaPart) => part.handler === handler && wanted.every((kind) => part.kinds.includes(kind))
  const [part] = (partsIn(folder)?.parts ?? []).filter(isFor).sort((a, b) => a.kinds.length - b.kinds.length)
  if (!part) throw new Failure(`no part here verifies ${wanted.join(', ')}: ${BUILD}`)
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name))
    } catch {
      throw new Failure(`${name} is missing among the parts of Lambda functions: ${BUILD}`)
    }
  }
  const { $schema: _, ...rest } = document
  const code = withDocument(read(part.file).toString(), JSON.stringify(stamp(rest)))
  const files = part.needs.map((name) => [name, read(name)] as const)
  return new Map([...files, [`${handler}.mjs`, Buffer.from(code)] as const].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function partsIn(folder: string): LambdaParts | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, PARTS_FILE), 'utf8')) as LambdaParts
  } catch {
    return undefined
  }
}
