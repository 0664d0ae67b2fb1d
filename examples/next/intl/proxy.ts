import { clerkMiddleware } from '@clerk/nextjs/server'
import type { NextFetchEvent, NextRequest } from 'next/server'
import createMiddleware from 'next-intl/middleware'
import { handle } from './latchkey'

const intl = createMiddleware({ locales: ['en', 'fr'], defaultLocale: 'en' })

const clerk = clerkMiddleware((_, request) => (request.nextUrl.pathname.startsWith('/api') ? undefined : intl(request)))

export const proxy = (request: NextRequest, event: NextFetchEvent) =>
  handle(request, (cleaned) => clerk(cleaned, event), event)

export const config = { matcher: ['/((?!_next/static/|favicon\\.ico$).*)'] }
