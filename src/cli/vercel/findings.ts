/** An `error` makes the check fail; `info` is nothing to repair. */
export type Severity = 'error' | 'warning' | 'info'

/** What can be wrong in a project, and what to do; the table of docs/vercel-check.md is made from it. */
export const FINDINGS = {
  'no-gate': [
    'error',
    'neither a proxy or middleware file, nor a handler that is wrapped in `guard`: nothing is judged',
    '`proxy.ts` as in [vercel.md](vercel.md), or `guard` around each handler',
  ],
  'gate-unread': [
    'error',
    'the proxy or middleware file cannot be read as JavaScript or TypeScript',
    'repair it; the build fails too',
  ],
  'gate-unseen': [
    'warning',
    'neither the file nor one that it imports calls Latchkey: what is judged there is not known here',
    'call `latchkey` or `middleware` in the file, or in one that it imports',
  ],
  'two-gates': ['error', '`proxy` and `middleware` are both there: Next refuses to build', 'keep `proxy.ts`'],
  'misplaced-gate': [
    'error',
    'a proxy or middleware file in a folder or under a name that is not read: it never runs',
    'put it beside `app` or `pages`; without Next, at the top as `middleware.ts`',
  ],
  'proxy-before-16': [
    'error',
    '`proxy.ts` under a Next that reads `middleware.ts` alone',
    'Next 16, or `middleware.ts`',
  ],
  'middleware-deprecated': ['info', '`middleware.ts` under Next 16, which calls it deprecated', '`proxy.ts`'],
  'proxy-runtime': [
    'error',
    'a `runtime` in `proxy.ts`: Next refuses to build, as the proxy runs in Node',
    'take it out',
  ],
  'proxy-destructured': [
    'error',
    'a proxy or middleware function that is exported as a part of an object, `export const { proxy } = ...`: Next 16 finds no function, and refuses to build',
    "`export const proxy = latchkey({ document }).proxy`, or `export { proxy } from './latchkey'`",
  ],

  'matcher-unread': [
    'error',
    'a `matcher` that is not written out, is re-exported, or is none: the framework refuses it, or passes over it',
    'write it out in the file, as a text or a list',
  ],
  'matcher-regexp': ['error', 'an entry with `regexp`, by which Next matches nothing', 'say it in `source`'],
  'matcher-gap': [
    'error',
    'a path of a protected route does not reach the gate; a warning where the handler that serves it is wrapped in `guard`',
    'no matcher, or the one that is printed',
  ],
  'matcher-condition': [
    'error',
    'a protected path reaches the gate only with or without a header, query, cookie or host: the client chooses. A warning behind `guard`',
    'no `has` and `missing`',
  ],
  'matcher-form': [
    'error',
    'a protected path reaches the gate, and another form by which the same is served does not: `_next/data`, `.rsc`, segments, a locale, a slash. A warning behind `guard`',
    'a matcher that excludes no endings and no locales',
  ],
  'own-unmatched': [
    'warning',
    'endpoints of Latchkey under `base` do not reach the gate: they are not answered',
    'the matcher that is printed',
  ],

  'scope-unread': [
    'warning',
    'a `scope` that is not written out: what is judged is not known here',
    'a text or a list of texts',
  ],
  'route-outside-scope': [
    'error',
    'a protected route that is not under the scope: the proxy answers everything with 503',
    'a wider `scope`, or no such route',
  ],
  'scope-outside-base-path': [
    'error',
    'a scope that is not under the `basePath` of Next: nothing of the app is judged. A warning for a route, and for `base` beside a matcher',
    'write the `basePath` in front',
  ],
  unguarded: [
    'error',
    'no gate stands before the project, and what serves a protected route is not wrapped in `guard`',
    '`guard` around every exported method, or a proxy',
  ],
  'guard-without-identity': [
    'error',
    '`guard` behind a proxy, and no `identity` in the document: the guard refuses everything',
    '[`identity`](configuration.md#identity)',
  ],
  'guard-base-path': [
    'error',
    '`guard` that is told no `basePath`, or another one than `next.config` has: Next takes it off before a handler sees the path, and every request is refused',
    "`basePath: '/shop'` in the call of `latchkey` or `guard`",
  ],
  'guard-static': [
    'error',
    "`guard` in a file with `dynamic = 'force-static'`, or with `dynamic = 'error'` on a path with parameters: Next shows the guard no request, and every caller gets 503. A warning for `'error'` on any other path, which the build tries in vain",
    'take it out',
  ],
  'handler-open': [
    'warning',
    'a handler that reaches no gate, is not wrapped in `guard`, and is not public in the document: anybody calls it',
    '`guard`, a public route, or a wider scope or matcher',
  ],
  'handler-unnamed': [
    'info',
    'a handler that no route of the document names: every call is refused',
    'a route, where it is meant to be called',
  ],
  'server-functions': [
    'warning',
    "files with 'use server', and a page that takes a POST without a credential: Server Functions are called there",
    'authorize inside each function',
  ],
  'locale-open': [
    'error',
    'a protected page that is public, or is not judged, with a locale in front',
    'protect `/:locale/...` too',
  ],
  'data-open': [
    'error',
    'with `skipProxyUrlNormalize` the data of a protected page is under a public route',
    'open `/_next/static/*`, not `/_next/*`',
  ],

  'next-bypass': [
    'error',
    'a version of Next with known ways round a middleware',
    'update; until then nothing that only a proxy protects is protected',
  ],
  'next-version': [
    'warning',
    'the version of Next is not known: neither `node_modules` nor a lockfile tells it',
    'install, or commit the lockfile',
  ],
  'config-unread': [
    'warning',
    'something of `next.config` that only running it tells: it is taken as if it were not there',
    'write it out',
  ],
  rewrites: [
    'warning',
    'rewrites: what they serve is not the path that was judged',
    '`guard` around the handlers that they lead to: it judges them where they are',
  ],
  'trailing-slash': [
    'warning',
    '`trailingSlash`, and a route without a slash at its end: Next redirects before anybody judges, and what is sent then is refused, or meets another route',
    "the slash in the route, `/api/orders/:id/`; or `skipTrailingSlashRedirect`, without which Latchkey's own endpoints are not reached either",
  ],
  'rsc-ending': [
    'warning',
    'handlers of dynamic paths without `guard`, and no redirect of `.rsc`: `next start` serves them another path than was judged',
    'the redirect of [vercel.md](vercel.md), or `guard`',
  ],
} as const satisfies Readonly<Record<string, readonly [severity: Severity, means: string, fix: string]>>

export type FindingCode = keyof typeof FINDINGS

/** A place in a project. */
export interface Place {
  /** From the top of the project. */
  readonly file: string
  /** From 1. */
  readonly line: number
}

/** What is wrong in a project, and what to do, in one or two sentences. */
export interface Finding extends Place {
  readonly code: FindingCode
  readonly severity: Severity
  readonly message: string
}

/** A finding; one that is closed elsewhere weighs less than its code says. */
export function finding(
  { file, line }: Place,
  code: FindingCode,
  message: string,
  severity: Severity = FINDINGS[code][0],
): Finding {
  return { file, line, severity, code, message }
}

const MOST_NAMED = 4

/** A few of many, in words. */
export function some(names: readonly string[]): string {
  const more = names.length - MOST_NAMED
  return more <= 0 ? names.join(', ') : `${names.slice(0, MOST_NAMED).join(', ')} and ${more} more`
}
