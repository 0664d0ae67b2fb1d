import { dirname } from 'node:path'
import type { NextConfig } from 'next'

const config: NextConfig = {
  turbopack: { root: dirname(import.meta.dirname) },
  i18n: { locales: ['en', 'fr'], defaultLocale: 'en', localeDetection: false },
}
export default config
