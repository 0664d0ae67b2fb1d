import { readFile, readlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { secretValues } from '../lib/secret.ts'
import type { SecretSource } from '../model/ports.ts'

type Texts = ReadonlyMap<string, PromiseSettledResult<string>>

/**
 * Secrets from a folder of files, one secret a file, as Kubernetes and systemd mount them; where there is no such file,
 * `otherwise` is asked. Files are read again at every refresh, so a mounted secret rotates without a restart; what is
 * asked for in one turn comes from one version of the mount.
 */
export function file(folder: string, otherwise: SecretSource): SecretSource {
  let turn: { readonly names: Set<string>; readonly texts: Promise<Texts> } | undefined
  function read(name: string): Promise<Texts> {
    if (!turn) {
      const names = new Set<string>()
      const texts = Promise.resolve().then(() => {
        turn = undefined
        return textsOf(folder, Array.from(names))
      })
      turn = { names, texts }
    }
    turn.names.add(name)
    return turn.texts
  }
  return {
    async get(name) {
      const text = (await read(name)).get(name) as PromiseSettledResult<string>
      if (text.status === 'fulfilled') return secretValues(text.value)
      if ((text.reason as NodeJS.ErrnoException).code === 'ENOENT') return otherwise.get(name)
      throw text.reason
    },
  }
}

/**
 * Kubernetes replaces a mount as a whole, by its link `..data`; only then the links of new files follow, and those of old
 * ones go. So files are read where `..data` leads: a rotation that is read in part, the new secret without the slot of the
 * one before it, would refuse those who still have that. What vanishes meanwhile is of a version that has been replaced.
 */
async function textsOf(folder: string, names: readonly string[]): Promise<Texts> {
  const version = await versionOf(folder)
  const mounted = resolve(folder, version ?? '')
  const texts = await Promise.allSettled(names.map((name) => readFile(join(mounted, name), 'utf8')))
  if ((await versionOf(folder)) !== version) return textsOf(folder, names)
  return new Map(names.map((name, place) => [name, texts[place] as PromiseSettledResult<string>]))
}

/** Undefined where nothing is mounted by a link. */
function versionOf(folder: string): Promise<string | undefined> {
  return readlink(join(folder, '..data')).catch(() => undefined)
}
