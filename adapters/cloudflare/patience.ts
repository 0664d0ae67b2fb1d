/** How long a response's head is waited for. */
export interface Patience {
  readonly signal: AbortSignal
  /** The body of a request. Once the origin takes it, the origin is not late before it has it all. */
  watch(request: Request): ReadableStream<Uint8Array> | null
  /** The head is there; what follows may take its time. */
  end(): void
}

type Pipe = TransformStream<Uint8Array, Uint8Array>

/** workerd's own, through which bytes go without a script; of the first one the length is told, so it is not chunked. */
declare const FixedLengthStream: new (length: number) => Pipe
declare const IdentityTransformStream: new () => Pipe

export function patience(milliseconds: number): Patience {
  const controller = new AbortController()
  let timer = wait()
  let isOver = false

  function wait(): ReturnType<typeof setTimeout> {
    return setTimeout(() => controller.abort(), milliseconds)
  }

  async function pass(body: ReadableStream<Uint8Array>, to: WritableStream<Uint8Array>): Promise<void> {
    await passFirst(body, to)
    clearTimeout(timer)
    await body.pipeTo(to)
    if (!isOver) timer = wait()
  }

  return {
    signal: controller.signal,
    end() {
      isOver = true
      clearTimeout(timer)
    },
    watch({ body, headers }) {
      if (!body) return null
      const length = headers.get('content-length')
      const { readable, writable } =
        length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length))
      // What fails here fails the request to the origin too, and there it is told.
      pass(body, writable).catch((error) => writable.abort(error).catch(() => undefined))
      return readable
    },
  }
}

/** Passes the first part by hand, which shows that somebody takes it: the rest goes faster where no script looks at it. */
async function passFirst(body: ReadableStream<Uint8Array>, to: WritableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader()
  const writer = to.getWriter()
  try {
    const { done, value } = await reader.read()
    if (!done) await writer.write(value)
  } finally {
    reader.releaseLock()
    writer.releaseLock()
  }
}
