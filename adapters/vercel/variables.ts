/** An environment: texts by name. */
export type Variables = Readonly<Record<string, string | undefined>>

/** Vercel and Next bring it on the edge runtime too, which otherwise is no Node; a bare edge runtime has none. */
declare const process: { readonly env?: Variables } | undefined

/** The project's variables. */
export function variables(): Variables {
  return typeof process === 'undefined' ? {} : (process.env ?? {})
}

/**
 * Whether Vercel runs this. `vercel env pull` writes `VERCEL=1` into local files too, and says there that the environment
 * is `development`.
 */
export function isOnVercel({ VERCEL, VERCEL_ENV }: Variables): boolean {
  return VERCEL === '1' && VERCEL_ENV !== 'development'
}
