/** So many bytes from the runtime's own cryptographic generator. */
export function random(bytes: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(bytes))
}
