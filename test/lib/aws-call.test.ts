import type { RequestListener } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AwsCallOptions } from '../../src/lib/aws-call.ts'
import { awsCaller } from '../../src/lib/aws-call.ts'
import { bodyOf, NOBODY, testServer } from '../stores/server.ts'

const OPTIONS: AwsCallOptions = {
  ...{ service: 'ssm', region: 'eu-central-1', target: 'AmazonSSM', jsonVersion: '1.1', patienceMilliseconds: 2000 },
  credentials: () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the-secret' }),
}

async function callerOf(answer: RequestListener, more: Partial<AwsCallOptions> = {}) {
  const server = await testServer(answer)
  onTestFinished(() => server.stop())
  return awsCaller({ ...OPTIONS, endpoint: server.url, ...more })
}

describe('a call', () => {
  it('is a signed POST of JSON, and its answer is status, body and exception', async () => {
    const seen: unknown[] = []
    const call = await callerOf(async (incoming, outgoing) => {
      const { method, url, headers } = incoming
      seen.push(method, url, headers['x-amz-target'], headers['content-type'], JSON.parse(await bodyOf(incoming)))
      seen.push(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/ssm\/aws4_request, /.test(
          headers.authorization ?? '',
        ),
      )
      outgoing.writeHead(400).end('{"__type":"com.amazonaws.ssm#ThrottlingException","message":"slow down"}')
    })
    expect(await call('GetParameters', { Names: ['/a'] })).toMatchObject({
      status: 400,
      exception: 'ThrottlingException',
      isRepeated: false,
    })
    expect(seen).toEqual([
      ...['POST', '/', 'AmazonSSM.GetParameters', 'application/x-amz-json-1.1', { Names: ['/a'] }, true],
    ])
  })

  it('fails with the code of the system where nobody listens', async () => {
    await expect(awsCaller({ ...OPTIONS, endpoint: NOBODY })('GetParameters', {})).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    })
  })

  it('takes at most as many connections as it is given', async () => {
    const sockets = new Set<unknown>()
    const waiting: (() => void)[] = []
    const call = await callerOf(
      (incoming, outgoing) => {
        sockets.add(incoming.socket)
        waiting.push(() => outgoing.end('{}'))
        if (waiting.length === 2) for (const answer of waiting.splice(0)) answer()
      },
      { connections: 2 },
    )
    await Promise.all(Array.from({ length: 6 }, () => call('GetParameters', {})))
    expect(sockets.size).toBe(2)
  })
})

describe('a call that is lost', () => {
  it('with a connection that was kept is made again, over one of its own', async () => {
    const sockets = new Set<unknown>()
    let calls = 0
    const call = await callerOf((incoming, outgoing) => {
      sockets.add(incoming.socket)
      calls++
      if (calls === 2) incoming.socket.resetAndDestroy()
      else outgoing.end(JSON.stringify({ calls }))
    })
    await call('GetParameters', {})
    expect(await call('GetParameters', {})).toMatchObject({ body: { calls: 3 }, isRepeated: true })
    expect(sockets.size).toBe(2)
  })

  it('with a new connection is not', async () => {
    const call = await callerOf((incoming) => void incoming.socket.resetAndDestroy())
    await expect(call('GetParameters', {})).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('while the process was frozen is made again', async () => {
    let calls = 0
    const call = await callerOf(
      (_, outgoing) => {
        // What the first call is answered never arrives; the process wakes up long after its patience.
        const wakesAt = Date.now() + (++calls === 1 ? 700 : 0)
        while (Date.now() < wakesAt);
        if (calls > 1) outgoing.end('{}')
      },
      { patienceMilliseconds: 100 },
    )
    expect(await call('GetParameters', {})).toMatchObject({ status: 200, isRepeated: true })
    expect(calls).toBe(2)
  })
})

describe('a call without a whole answer in time', () => {
  it.each<[string, RequestListener]>([
    ['silent', () => undefined],
    ['cut off', (_, outgoing) => void outgoing.writeHead(200, { 'content-length': 100 }).write('{')],
  ])('is a TimeoutError (%s)', async (_, answer) => {
    let calls = 0
    const call = await callerOf(
      (incoming, outgoing) => {
        if (++calls === 1) outgoing.end('{}')
        else answer(incoming, outgoing)
      },
      { patienceMilliseconds: 50 },
    )
    // Over a connection that was kept, too.
    await call('GetParameters', {})
    await expect(call('GetParameters', {})).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(calls).toBe(2)
  })
})
