import type { AwsAnswer, AwsCall } from '../lib/aws-call.ts'

/** The texts that lie under a name or an ARN, newest first; none where there is nothing. */
export type Texts = (id: string) => Promise<readonly string[]>

/** What keeps a service from telling a text. The message holds no value. */
export class Trouble extends Error {}

/** A version of a secret; its text is undefined where it holds bytes. */
export interface Version {
  readonly text: string | undefined
}

/** The versions of a secret that count: rotation makes a new AWSCURRENT, and what it was until then AWSPREVIOUS. */
export const STAGES = ['AWSCURRENT', 'AWSPREVIOUS'] as const

/** GetParameters takes no more. */
const MOST_NAMES = 10
/** What is answered where one of several names may not be asked for, or cannot be one. */
const REFUSED = /^(?:AccessDeniedException|InvalidKeyId|ValidationException)$/

interface Waiting {
  readonly name: string
  readonly resolve: (texts: readonly string[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * SSM Parameter Store. What is asked for in one turn is one call for each ten names. AWS refuses a whole call where one of
 * its names may not be read: then each is asked for alone, and those that were refused alone stay so.
 */
export function parameterStore(call: AwsCall): Texts {
  const apart = new Set<string>()
  let waiting: Waiting[] = []

  function send(): void {
    const together = waiting.filter(({ name }) => !apart.has(name))
    const alone = waiting.filter(({ name }) => apart.has(name))
    waiting = []
    while (together.length > 0) void read(together.splice(0, MOST_NAMES))
    for (const each of alone) void read([each])
  }

  async function read(batch: readonly Waiting[]): Promise<void> {
    try {
      const answer = await call('GetParameters', { Names: batch.map(({ name }) => name), WithDecryption: true })
      if (answer.status !== 200) throw new Trouble(exceptionOf(answer))
      for (const { name, resolve, reject } of batch) {
        apart.delete(name)
        const texts = textsIn(answer.body, name)
        if (texts) resolve(texts)
        else reject(new Trouble('is missing in the answer'))
      }
    } catch (error) {
      const isRefused = error instanceof Trouble && REFUSED.test(error.message)
      for (const each of batch) {
        if (isRefused && batch.length > 1) void read([each])
        else {
          if (isRefused) apart.add(each.name)
          each.reject(error)
        }
      }
    }
  }

  return (name) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ name, resolve, reject }) === 1) queueMicrotask(send)
    })
}

interface Parameter {
  readonly Name?: unknown
  readonly ARN?: unknown
  /** `:3` or `:label`, where one was asked for. */
  readonly Selector?: unknown
  readonly Value?: unknown
}

/** Undefined where the answer does not speak of the name. */
function textsIn(body: AwsAnswer['body'], name: string): readonly string[] | undefined {
  const { Parameters: found = [], InvalidParameters: missing = [] } = body as {
    readonly Parameters?: readonly Parameter[]
    readonly InvalidParameters?: readonly unknown[]
  }
  const value = found.find((parameter) => isNamed(parameter, name))?.Value
  if (typeof value === 'string') return [value]
  return missing.includes(name) ? [] : undefined
}

/** One parameter may be asked for with and without a selector. */
function isNamed({ Name, ARN, Selector = '' }: Parameter, name: string): boolean {
  return name.endsWith(`${Selector}`) && [Name, ARN].some((each) => each === name || `${each}${Selector}` === name)
}

/** Secrets Manager: both versions that count, in two calls a secret. */
export function secretsManager(call: AwsCall): Texts {
  async function versionAt(id: string, stage: string): Promise<Version | undefined> {
    const answer = await call('GetSecretValue', { SecretId: id, VersionStage: stage })
    const exception = exceptionOf(answer)
    // The second is told of a secret that is to be deleted.
    if (exception === 'ResourceNotFoundException' || exception === 'InvalidRequestException') return undefined
    if (answer.status !== 200) throw new Trouble(exception)
    return versionIn(answer.body)
  }
  return async (id) => textsOf(await Promise.all(STAGES.map((stage) => versionAt(id, stage))))
}

/** What GetSecretValue answers. */
export function versionIn({ SecretString: text }: AwsAnswer['body']): Version {
  return { text: typeof text === 'string' ? text : undefined }
}

/** The texts of AWSCURRENT and AWSPREVIOUS. An older one that holds bytes counts for nothing. */
export function textsOf([current, previous]: readonly (Version | undefined)[]): readonly string[] {
  if (!current) return []
  if (current.text === undefined) throw new Trouble('holds bytes, not text')
  return previous?.text === undefined ? [current.text] : [current.text, previous.text]
}

function exceptionOf({ exception, status }: AwsAnswer): string {
  return exception ?? `status ${status}`
}
