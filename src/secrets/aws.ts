import { awsCaller } from '../lib/aws-call.ts'
import { awsEnvironment } from '../lib/aws-environment.ts'
import { secretValues } from '../lib/secret.ts'
import type { SecretSource, Sink } from '../model/ports.ts'
import { nameOfError } from '../model/store-error.ts'
import { extension } from './aws-extension.ts'
import type { Reference } from './aws-reference.ts'
import { isPlace, referenceTo, Unreadable, valuesIn } from './aws-reference.ts'
import type { Texts } from './aws-services.ts'
import { parameterStore, secretsManager, Trouble } from './aws-services.ts'

/** An answer of AWS takes some hundredths of a second. The rest is left to the request that waits for it. */
const PATIENCE_MILLISECONDS = 2000
/** A connection costs more than an answer. */
const CONNECTIONS = 4
const EXAMPLES = 'ssm:/latchkey/prod/ or secretsmanager:latchkey/prod'

/**
 * Secrets of a Lambda function: a variable of the secret's name holds the value, or says where it lies; all others lie
 * where `LATCHKEY_SECRETS` says. All that is asked for in one turn is one flight.
 *
 * What is not there is not configured, and the sink is told of it once. What cannot be read, as AWS does not let us, does
 * not answer or says that there are too many of us, is thrown as `Unreadable`.
 */
export function aws(
  variables: Readonly<Record<string, string | undefined>>,
  sink: Sink,
  patienceMilliseconds: number = PATIENCE_MILLISECONDS,
): SecretSource {
  const common = secretValues(variables['LATCHKEY_SECRETS'])[0]
  const services = new Map<string, Texts>()
  const missing = new Set<string>()
  const late = new Set<string>()

  const local = extension({
    port: variables['PARAMETERS_SECRETS_EXTENSION_HTTP_PORT'],
    sessionToken: () => variables['AWS_SESSION_TOKEN'] ?? '',
    patienceMilliseconds,
  })

  function serviceOf({ service, byExtension, id }: Reference): Texts {
    const region = !byExtension && id.startsWith('arn:') ? id.split(':')[3] : undefined
    const name = [byExtension, service, region].join()
    const known = services.get(name) ?? inOneFlight(byExtension ? local[service] : byCalls(service, region))
    services.set(name, known)
    return known
  }

  function byCalls(service: Reference['service'], region: string | undefined): Texts {
    const isStore = service === 'ssm'
    const unset = (message: string) => new Trouble(`cannot be asked: ${message}`)
    const environment = awsEnvironment(isStore ? 'SSM' : 'SECRETS_MANAGER', variables, unset)
    const call = awsCaller({
      ...environment,
      service,
      region: region || environment.region,
      target: isStore ? 'AmazonSSM' : 'secretsmanager',
      jsonVersion: '1.1',
      patienceMilliseconds,
      connections: CONNECTIONS,
    })
    return isStore ? parameterStore(call) : secretsManager(call)
  }

  async function read(name: string, reference: Reference): Promise<readonly string[]> {
    try {
      const texts = await serviceOf(reference)(reference.id)
      const values = valuesIn(texts, reference)
      tell(name, values.length > 0 ? undefined : absence(texts, reference))
      late.delete(name)
      return values
    } catch (error) {
      const trouble = error instanceof Trouble ? error.message : nameOfError(error)
      if (trouble === 'TimeoutError') late.add(name)
      else late.delete(name)
      throw error instanceof Unreadable ? error : new Unreadable(reference.place, trouble)
    }
  }

  function tell(name: string, absence: string | undefined): void {
    if (absence === undefined) missing.delete(name)
    else if (!missing.has(name)) {
      missing.add(name)
      sink.write({ type: 'notice', level: 'warn', message: `secret ${name} is not set: ${absence}` })
    }
  }

  return {
    // Nobody is to wait for what has just not answered, least of all who forges tokens.
    get rereadable() {
      return late.size === 0
    },
    get(name) {
      const [own] = secretValues(Object.hasOwn(variables, name) ? variables[name] : undefined)
      if (own !== undefined) return isPlace(own) ? read(name, referenceIn(own, name)) : [own]
      return common === undefined ? [] : read(name, commonReference(common, name))
    },
  }
}

function referenceIn(text: string, name: string): Reference {
  const reference = referenceTo(name, text)
  if (reference) return reference
  throw new Unreadable(
    `variable ${name}`,
    `must be the secret, or say where it lies, as ssm:/latchkey/prod/${name}, ssm:ARN or secretsmanager:latchkey/prod#${name} do`,
  )
}

/** What ends with a slash is a folder; anything else is one JSON object with the secrets under their names. */
function commonReference(text: string, name: string): Reference {
  const reference = referenceTo(name, text)
  if (reference && reference.key === undefined) return text.endsWith('/') ? reference : { ...reference, key: name }
  throw new Unreadable('variable LATCHKEY_SECRETS', `must say where secrets lie, as ${EXAMPLES} does`)
}

function absence(texts: readonly string[], { key, place }: Reference): string {
  if (texts.length === 0) return `there is no ${place}`
  return key === undefined ? `${place} is empty` : `${place} has nothing under ${key}`
}

/** What several ask for at a time is read once. */
function inOneFlight(texts: Texts): Texts {
  const flights = new Map<string, ReturnType<Texts>>()
  return (id) => {
    const flight = flights.get(id) ?? texts(id).finally(() => flights.delete(id))
    flights.set(id, flight)
    return flight
  }
}
