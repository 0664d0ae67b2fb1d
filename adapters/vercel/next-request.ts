/** What Next brings with a request, as far as it is used here. */
export interface NextRequest extends Request {
  readonly nextUrl: NextUrl
  readonly cookies?: {
    getAll(): readonly { readonly name: string }[]
    delete(name: string): unknown
  }
}

/** A URL as Next reads it: `pathname` without locale and base path. */
export interface NextUrl {
  href: string
  pathname: string
  search: string
  /** Reads others in the same way. */
  clone?(): NextUrl
}

/** Tells Next's own requests by what only they have. */
export function isNext(request: Request): request is NextRequest {
  return 'nextUrl' in request
}
