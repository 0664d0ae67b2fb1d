import type { OutgoingHttpHeaders } from 'node:http2'
import { connect } from 'node:http2'
import type { Answer } from '../../examples/send.ts'

/** Asks a port by HTTP/2 over TLS whose certificate nobody has signed; pseudo headers are written as they are. */
export function sendHttp2(
  port: number,
  target: string,
  headers: OutgoingHttpHeaders = {},
  body = '',
): Promise<Pick<Answer, 'status' | 'headers'>> {
  return new Promise((resolve, reject) => {
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    session.on('error', reject)
    const stream = session.request(
      { ':authority': 'api.example', ':path': target, ...headers },
      { endStream: body === '' },
    )
    stream.on('error', reject)
    stream.on('response', ({ ':status': status, ...replied }) => {
      resolve({ status: Number(status), headers: replied })
      session.destroy()
    })
    if (body !== '') stream.end(body)
  })
}
