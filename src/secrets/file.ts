import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { secretValues } from '../lib/secret.ts'
import type { SecretSource } from '../model/ports.ts'

/**
 * Secrets from a folder of files, one secret a file, as Kubernetes and systemd mount them; where there is no such file,
 * `otherwise` is asked. Files are read again at every refresh, so a mounted secret rotates without a restart.
 */
export function file(folder: string, otherwise: SecretSource): SecretSource {
  return {
    async get(name) {
      try {
        return secretValues(await readFile(join(folder, name), 'utf8'))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise.get(name)
        throw error
      }
    },
  }
}
