/** How long a response's head is waited for. */
export interface Patience {
  readonly signal: AbortSignal
  /** The body of a request, watched: as long as it moves, the origin is not late. */
  watch(request: Request): ReadableStream<Uint8Array> | null
  /** The head is there; what follows may take its time. */
  end(): void
}

/** workerd's own: a stream whose length is told, so that it need not be chunked. */
declare const FixedLengthStream: new (length: number) => TransformStream<Uint8Array, Uint8Array>

export function patience(milliseconds: number): Patience {
  const controller = new AbortController()
  let isMoving = false
  let timer = setTimeout(expire, milliseconds)

  function expire(): void {
    if (!isMoving) controller.abort()
    else {
      isMoving = false
      timer = setTimeout(expire, milliseconds)
    }
  }

  return {
    signal: controller.signal,
    end: () => clearTimeout(timer),
    watch({ body, headers }) {
      if (!body) return null
      const watched = body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, stream) {
            isMoving = true
            stream.enqueue(chunk)
          },
        }),
      )
      const length = headers.get('content-length')
      if (length === null) return watched
      const { readable, writable } = new FixedLengthStream(Number(length))
      // Where it fails, the request to the origin fails too, and there it is told.
      watched.pipeTo(writable).catch(() => undefined)
      return readable
    },
  }
}
