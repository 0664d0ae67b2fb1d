import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Volume } from './manifests.ts'

/** What the kubelet does with a volume of secrets, for tests that have no cluster. */

/** Secrets of a namespace, by name, their keys with their values. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The files of a projected volume. Throws where the kubelet would not let the pod start. */
export function filesOf({ projected }: Volume, secrets: Secrets): Record<string, string> {
  const files = (projected?.sources ?? []).flatMap(({ secret: { name, optional, items } }) =>
    items.flatMap(({ key, path }) => {
      const value = secrets[name]?.[key]
      if (value !== undefined) return [[path, value] as const]
      if (optional) return []
      throw new Error(`references non-existent secret key: ${key}`)
    }),
  )
  return Object.fromEntries(files)
}

/** Who may read mounted files: a mode, and the group that `fsGroup` names, which only root can give them. */
export interface Readers {
  readonly mode: number
  readonly group: number
}

/** Which comes first: the swap of `..data`, or (before Kubernetes 1.21) the links of new files. */
export type Order = 'swap-first' | 'links-first'

/**
 * Writes files into a mounted folder as the kubelet's AtomicWriter does: into a folder of their own, to which the link
 * `..data` is then swapped. What can be seen are links into `..data`.
 */
export function project(folder: string, files: Readonly<Record<string, string>>, readers?: Readers): void {
  Array.from(projecting(folder, files, { readers }))
}

/** The same, step by step: each that can be seen is named when it is done. */
export function* projecting(
  folder: string,
  files: Readonly<Record<string, string>>,
  { readers, order = 'swap-first' }: { readonly readers?: Readers | undefined; readonly order?: Order } = {},
): Generator<string> {
  const before = existsSync(join(folder, '..data')) ? readlinkSync(join(folder, '..data')) : undefined
  const stamp = mkdtempSync(join(folder, '..2026_11_22_12_00_00.'))
  chmodSync(stamp, 0o755)
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(stamp, name), text)
    if (readers) {
      chownSync(join(stamp, name), 0, readers.group)
      chmodSync(join(stamp, name), readers.mode)
    }
  }
  if (order === 'links-first') yield* linking(folder, files)
  symlinkSync(stamp.slice(folder.length + 1), join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  yield '..data is swapped'
  if (order === 'swap-first') yield* linking(folder, files)
  for (const name of readdirSync(folder)) {
    if (name.startsWith('..') || Object.hasOwn(files, name)) continue
    rmSync(join(folder, name))
    yield `${name} is gone`
  }
  if (before === undefined) return
  rmSync(join(folder, before), { recursive: true })
  yield 'the version before is gone'
}

function* linking(folder: string, files: Readonly<Record<string, string>>): Generator<string> {
  for (const name of Object.keys(files)) {
    if (isThere(folder, name)) continue
    symlinkSync(join('..data', name), join(folder, name))
    yield `${name} is linked`
  }
}

/** A folder as it is mounted, with its first files. */
export function mounted(folder: string, files: Readonly<Record<string, string>>, readers?: Readers): string {
  mkdirSync(folder, { recursive: true })
  project(folder, files, readers)
  return folder
}

function isThere(folder: string, name: string): boolean {
  return readdirSync(folder).includes(name)
}
