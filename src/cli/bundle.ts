import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { validateText } from '../validate.ts'
import { tellFaults } from './check.ts'
import { Failure } from './failure.ts'
import { documentText, INPUT_FLAGS, variablesOf } from './inputs.ts'
import type { HandlerName } from './lambda-parts.ts'
import { lambdaFiles, partsFolder } from './lambda-parts.ts'
import { checkLimits } from './limits-check.ts'
import { print } from './terminal.ts'
import type { Flags } from './usage.ts'
import { given, UsageError } from './usage.ts'

/** No secret is read: what a bundle holds is no more than the document. */
const { secrets: _, ...DOCUMENT_FLAGS } = INPUT_FLAGS

export const BUNDLE_FLAGS: Flags = {
  ...DOCUMENT_FLAGS,
  host: { type: 'string', valueHint: 'aws', description: 'the host that the bundle is for' },
  out: { type: 'string', valueHint: 'FILE', description: 'the zip to write; default authorizer.zip, or admin.zip' },
  admin: { type: 'boolean', description: "the function of the administration, in the authorizer's place" },
}

/** `latchkey bundle`: writes what a Lambda function is made of, as a zip that is the same whoever makes it. */
export async function bundle(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, BUNDLE_FLAGS)
  if (flags.text('host') !== 'aws') throw new UsageError('--host takes aws: other hosts have build tools of their own')
  const text = documentText(flags, variablesOf(flags))
  if (text === undefined) throw new UsageError('name the document: --config FILE')
  const result = validateText(text)
  if (!result.ok) return tellFaults(result.faults, flags.is('json'))
  const { faults } = checkLimits(result.document, 'aws')
  if (faults.length > 0) return tellFaults(faults, flags.is('json'))

  const handler: HandlerName = flags.is('admin') ? 'admin' : 'authorizer'
  const files = lambdaFiles(partsFolder(), handler, result.document)
  const zip = await zipped(files)
  const path = flags.text('out') ?? `${handler}.zip`
  write(path, zip)
  const report = reportOf(path, handler, files, zip)
  print(flags.is('json') ? JSON.stringify(report, null, 2) : textOf(report))
  return 0
}

/** What only a build could differ in: no clock, no user, no version of Node is in the zip. */
export async function zipped(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const { zipSync } = await import('fflate')
  // A zip knows no zone: these are the parts of the time that are written, whatever the zone is here.
  const mtime = new Date(1980, 0, 1)
  return zipSync(Object.fromEntries(files), { level: 9, mtime, os: UNIX, attrs: READABLE_FILE })
}

const UNIX = 3
/** Lambda runs the files as another user: a regular file, 0644, in the upper half. */
const READABLE_FILE = 0o100644 << 16

function write(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes)
  } catch (error) {
    throw new Failure(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** What was written, and by which digests it is known. */
interface BundleReport {
  readonly ok: true
  readonly path: string
  readonly handler: string
  readonly bytes: number
  readonly sha256: string
  /** The same in base64: what Lambda tells as `CodeSha256`. */
  readonly codeSha256: string
  readonly files: readonly { readonly name: string; readonly bytes: number }[]
}

function reportOf(
  path: string,
  handler: HandlerName,
  files: ReadonlyMap<string, Uint8Array>,
  zip: Uint8Array,
): BundleReport {
  const digest = createHash('sha256').update(zip).digest()
  return {
    ok: true,
    path,
    handler: `${handler}.handler`,
    bytes: zip.length,
    sha256: digest.toString('hex'),
    codeSha256: digest.toString('base64'),
    files: Array.from(files, ([name, { length }]) => ({ name, bytes: length })),
  }
}

function textOf({ path, handler, bytes, sha256, codeSha256, files }: BundleReport): string {
  const width = Math.max(...files.map(({ name }) => name.length))
  return [
    `${path}: ${bytes} bytes, handler ${handler}`,
    ...files.map((file) => `  ${file.name.padEnd(width)}  ${file.bytes} bytes`),
    `sha256 ${sha256}`,
    `CodeSha256 ${codeSha256}`,
  ].join('\n')
}
