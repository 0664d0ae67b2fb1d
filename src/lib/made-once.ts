/** Makes something at its first use. What failed is tried again by the next one. */
export function madeOnce<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined

  function forgotten(error: unknown): never {
    made = undefined
    throw error
  }

  return () => (made ??= make().catch(forgotten))
}
