/** Next puts a `fetch` of its own before the runtime's, and leaves that one here. */
type NextFetch = typeof fetch & { readonly _nextOriginalFetch?: typeof fetch }

/**
 * `fetch`, and no answer but a fresh one: inside a handler of Next a call may be answered by what it has kept, as the handler
 * says, for a key that is revoked since.
 */
export const fetchNow: typeof fetch = (input, init) => {
  const { _nextOriginalFetch: original } = fetch as NextFetch
  return original ? original(input, init) : fetch(input, init)
}
