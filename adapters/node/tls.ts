import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { Server } from 'node:https'

/** PEM files of a certificate chain and its key. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/** Mounted secrets are swapped by a symbolic link, which only polling sees on every file system. */
const POLL_MILLISECONDS = 5000

/** Sets a server's certificate from files, and again whenever one of them changes. Throws where they cannot be read. */
export function watchTls(server: Server, files: TlsFiles, pollMilliseconds: number = POLL_MILLISECONDS): void {
  const set = () => server.setSecureContext({ cert: readFileSync(files.cert), key: readFileSync(files.key) })
  const changed = () => {
    try {
      set()
    } catch {
      // A pair that is half written keeps the old certificate; the other file's change tries again.
    }
  }
  set()
  for (const path of [files.cert, files.key]) {
    watchFile(path, { interval: pollMilliseconds, persistent: false }, changed)
    server.on('close', () => unwatchFile(path, changed))
  }
}
