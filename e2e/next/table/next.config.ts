import { dirname } from 'node:path'
import type { NextConfig } from 'next'

const config: NextConfig = {
  turbopack: { root: dirname(import.meta.dirname) },
  // The table judges a slash at the end; Next would answer by a redirect before the proxy is asked.
  skipTrailingSlashRedirect: true,
  // A reply must hold no field that the row does not expect.
  compress: false,
}
export default config
