import { readFileSync } from 'node:fs'
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
  let set = { cert: '', key: '' }
  const follow = () => {
    // Times and sizes may stand still while the text changes: the texts themselves are compared.
    const read = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') }
    if (read.cert === set.cert && read.key === set.key) return
    server.setSecureContext(read)
    set = read
  }
  const tryToFollow = () => {
    try {
      follow()
    } catch {
      // A pair that is half written keeps the old certificate until it is whole.
    }
  }
  follow()
  const polling = setInterval(tryToFollow, pollMilliseconds).unref()
  server.on('close', () => clearInterval(polling))
}
