import { dirname } from 'node:path'
import type { NextConfig } from 'next'

const config: NextConfig = {
  // This package stands alone: nothing of the repository around it may be found by accident.
  turbopack: { root: dirname(import.meta.dirname) },
  // Next's own server shows /api/health.rsc to the proxy as /api/health, and then serves /api/health.rsc.
  redirects: async () => [{ source: '/:path*.rsc', destination: '/:path*', permanent: false }],
}
export default config
