import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TestServer } from '../stores/server.ts'
import { bodyOf, testServer } from '../stores/server.ts'

/** The versions of a secret, by stage; bytes in place of a text are a binary one. */
export interface Stages {
  AWSCURRENT?: string | Uint8Array
  AWSPREVIOUS?: string | Uint8Array
}

/** A call as it arrived. */
export interface SeenCall {
  readonly operation: string
  readonly input: { readonly Names?: readonly string[]; readonly SecretId?: string; readonly VersionStage?: string }
  /** Of the signature: `ssm eu-central-1`. */
  readonly scope: string
  readonly sessionToken: string | undefined
  readonly socket: unknown
}

/** Parameter Store and Secrets Manager on this machine, speaking AWS's JSON protocol 1.1 as it documents it. */
export interface AwsServer extends TestServer {
  /** By name, `name:selector` or ARN. */
  readonly parameters: Map<string, string>
  readonly secrets: Map<string, Stages>
  /** What IAM denies, by name. */
  readonly denied: Set<string>
  /** What every call is answered while it is there; a text is an exception, a number a status of no JSON. */
  trouble: string | number | 'silent' | undefined
  readonly calls: SeenCall[]
}

const ACCOUNT = '123456789012'

export async function awsServer(): Promise<AwsServer> {
  const state = {
    parameters: new Map<string, string>(),
    secrets: new Map<string, Stages>(),
    denied: new Set<string>(),
    trouble: undefined as AwsServer['trouble'],
    calls: [] as SeenCall[],
  }
  const server = await testServer((incoming, outgoing) => void answer(incoming, outgoing))
  return Object.assign(state, server)

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const [target = '', operation = ''] = String(incoming.headers['x-amz-target']).split('.')
    const [, region, service] =
      /Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(String(incoming.headers.authorization)) ?? []
    const input = JSON.parse(await bodyOf(incoming)) as SeenCall['input']
    const sessionToken = incoming.headers['x-amz-security-token'] as string | undefined
    state.calls.push({ operation, input, scope: `${service} ${region}`, sessionToken, socket: incoming.socket })
    const reply = (status: number, body: object) => {
      outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
    }
    const refuse = (exception: string, message: string) => reply(400, { __type: exception, message })

    if (incoming.headers['content-type'] !== 'application/x-amz-json-1.1') return refuse('SerializationException', '')
    if (state.trouble === 'silent') return
    if (typeof state.trouble === 'number') return void outgoing.writeHead(state.trouble).end('<html>Bad Gateway</html>')
    if (state.trouble) return refuse(state.trouble, 'Rate exceeded')
    if (target === 'AmazonSSM' && service === 'ssm' && operation === 'GetParameters') return getParameters()
    if (target === 'secretsmanager' && service === 'secretsmanager' && operation === 'GetSecretValue')
      return getSecretValue()
    return refuse('UnknownOperationException', '')

    function getParameters() {
      const { Names = [] } = input
      if (Names.length > 10) return refuse('ValidationException', '1 validation error detected')
      const denied = Names.find((name) => state.denied.has(name))
      if (denied) return refuse('AccessDeniedException', `is not authorized to perform: ssm:GetParameters on ${denied}`)
      const known = Names.filter((name) => state.parameters.has(name)).toSorted()
      return reply(200, {
        Parameters: known.map((asked) => ({
          ...namesOf(asked),
          Type: 'SecureString',
          Value: state.parameters.get(asked),
        })),
        InvalidParameters: Names.filter((name) => !state.parameters.has(name)),
      })
    }

    function getSecretValue() {
      const { SecretId: id = '', VersionStage: stage = 'AWSCURRENT' } = input
      if (state.denied.has(id)) return refuse('AccessDeniedException', `is not authorized on resource: ${id}`)
      const value = state.secrets.get(id)?.[stage as keyof Stages]
      if (value === undefined) {
        return refuse('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${stage}`)
      }
      const held =
        typeof value === 'string' ? { SecretString: value } : { SecretBinary: Buffer.from(value).toString('base64') }
      return reply(200, {
        ARN: `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:${id}-AbCdEf`,
        Name: id,
        ...held,
      })
    }
  }
}

function namesOf(asked: string): object {
  if (asked.startsWith('arn:')) return { Name: asked.slice(asked.indexOf('/')), ARN: asked }
  const [name, selector] = asked.split(':')
  const ARN = `arn:aws:ssm:eu-central-1:${ACCOUNT}:parameter${name}`
  return { Name: name, ARN, ...(selector && { Selector: `:${selector}` }) }
}
