import { inTime } from '../lib/in-time.ts'
import { nodeHttp } from '../lib/node-http.ts'
import type { Texts, Version } from './aws-services.ts'
import { STAGES, Trouble, textsOf, versionIn } from './aws-services.ts'

/** Where the extension is, and what it knows the function by. */
export interface ExtensionOptions {
  /** Default 2773. */
  readonly port: string | undefined
  /** Asked before each call. */
  readonly sessionToken: () => string
  readonly patienceMilliseconds: number
}

/** While the function is being made the extension answers that it is not ready: so often it is asked again... */
const MOST_REPETITIONS = 40
/** ...and after so long. */
const PAUSE_MILLISECONDS = 25

interface Answer {
  readonly status: number
  readonly text: string
}

/**
 * AWS's Parameters and Secrets extension: a layer that keeps what it has read for 5 minutes by default, and answers
 * over HTTP on the machine itself. It says in words what AWS has answered it.
 */
export function extension({ port, sessionToken, patienceMilliseconds }: ExtensionOptions): {
  readonly ssm: Texts
  readonly secretsmanager: Texts
} {
  const { Agent, request } = nodeHttp('http:')
  const agent = new Agent({ keepAlive: true })

  function once(path: string): Promise<Answer> {
    const headers = { 'X-Aws-Parameters-Secrets-Token': sessionToken() }
    const asked = request({ host: 'localhost', port: port || 2773, path, headers, agent })
    const answered = new Promise<Answer>((resolve, reject) => {
      asked.on('error', reject)
      asked.on('response', async (response) => {
        try {
          const chunks: Buffer[] = []
          for await (const chunk of response) chunks.push(chunk as Buffer)
          resolve({ status: response.statusCode as number, text: Buffer.concat(chunks).toString() })
        } catch (error) {
          reject(error)
        }
      })
      asked.end()
    })
    return inTime(answered, patienceMilliseconds).catch((error) => {
      asked.destroy()
      throw error
    })
  }

  async function ask(path: string, query: Readonly<Record<string, string>>): Promise<Answer> {
    const target = `${path}?${new URLSearchParams(query)}`
    for (let repetition = 0; ; repetition++) {
      const answer = await once(target)
      if (repetition === MOST_REPETITIONS || !isNotReady(answer)) return answer
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS))
    }
  }

  async function versionAt(secretId: string, versionStage: string): Promise<Version | undefined> {
    const answer = await ask('/secretsmanager/get', { secretId, versionStage })
    if (answer.status === 200) return versionIn(JSON.parse(answer.text))
    const trouble = troubleIn(answer)
    // That there is no older version is not always told as what it is.
    const isOlder = versionStage !== STAGES[0] && trouble === `status ${answer.status}` && answer.status < 500
    if (isOlder || /^(?:ResourceNotFound|InvalidRequest)Exception$/.test(trouble)) return undefined
    throw new Trouble(trouble)
  }

  return {
    async ssm(name) {
      const answer = await ask('/systemsmanager/parameters/get', { name, withDecryption: 'true' })
      if (answer.status === 200) {
        const { Parameter } = JSON.parse(answer.text) as { readonly Parameter?: { readonly Value?: unknown } }
        if (typeof Parameter?.Value === 'string') return [Parameter.Value]
        throw new Trouble('is missing in the answer')
      }
      const trouble = troubleIn(answer)
      if (/^Parameter(?:Version)?NotFound$/.test(trouble)) return []
      throw new Trouble(trouble)
    },
    secretsmanager: async (id) => textsOf(await Promise.all(STAGES.map((stage) => versionAt(id, stage)))),
  }
}

function isNotReady({ status, text }: Answer): boolean {
  return status === 400 && text.startsWith('not ready')
}

/** The exception that the words hold, else the status. */
function troubleIn({ status, text }: Answer): string {
  return (
    /\b(?:[A-Z][A-Za-z]+Exception|Parameter(?:Version)?NotFound|InvalidKeyId|InternalServerError|InternalServiceError|DecryptionFailure)\b/.exec(
      text,
    )?.[0] ?? `status ${status}`
  )
}
