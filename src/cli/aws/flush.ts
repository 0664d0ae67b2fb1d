import type { AwsEnvironment } from '../../lib/aws-environment.ts'
import { awsEnvironment } from '../../lib/aws-environment.ts'
import type { AwsRestAnswer } from '../../lib/aws-rest-call.ts'
import { awsRestCall } from '../../lib/aws-rest-call.ts'
import { Failure } from '../failure.ts'
import type { Variables } from '../inputs.ts'
import { shown, UsageError } from '../usage.ts'

/** A stage of an API of Amazon API Gateway. */
export interface StageName {
  readonly api: string
  readonly stage: string
}

/** Reads `API/STAGE`. */
export function stageGiven(text: string): StageName {
  const [, api, stage] = /^([A-Za-z0-9]{1,64})\/(\$default|[A-Za-z0-9_-]{1,128})$/.exec(text) ?? []
  if (api === undefined || stage === undefined) {
    throw new UsageError(`--flush takes an API's id and a stage, as a1b2c3d4e5/prod, not '${shown(text)}'`)
  }
  return { api, stage }
}

/** Empties the authorizer result cache of a stage. Throws `Failure` where that cannot be done. */
export type Flush = (stage: StageName) => Promise<void>

/** Empties caches by region, credentials and endpoint of the variables that AWS's own tools use. */
export function flusher(variables: Variables): Flush {
  return async ({ api, stage }) => {
    const environment = awsEnvironment('API_GATEWAY', variables, (message) => new Failure(message))
    const answer = await flushed(environment, api, encodeURIComponent(stage))
    if (answer.status >= 300) throw new Failure(whyNot(answer))
  }
}

/**
 * A REST API first, then an HTTP API: an id does not tell which it is. Who may only change HTTP APIs is refused the first.
 * https://docs.aws.amazon.com/apigateway/latest/api/API_FlushStageAuthorizersCache.html
 * https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename-cache-authorizers.html
 */
async function flushed(environment: AwsEnvironment, api: string, stage: string): Promise<AwsRestAnswer> {
  const rest = await emptied(environment, `/restapis/${api}/stages/${stage}/cache/authorizers`)
  if (rest.status !== 404 && rest.status !== 403) return rest
  const http = await emptied(environment, `/v2/apis/${api}/stages/${stage}/cache/authorizers`)
  // Of two refusals the first one says more where the second only knows no such API.
  return http.status === 404 ? rest : http
}

async function emptied(environment: AwsEnvironment, path: string): Promise<AwsRestAnswer> {
  try {
    return await awsRestCall('apigateway', environment, { method: 'DELETE', path })
  } catch (error) {
    // What else it says may hold what was sent.
    if (error instanceof Failure) throw error
    const { code, name } = error as { readonly code?: unknown; readonly name?: unknown }
    throw new Failure(`API Gateway cannot be reached (${typeof code === 'string' ? code : String(name)})`)
  }
}

function whyNot({ status, exception }: AwsRestAnswer): string {
  const what = exception === undefined ? `${status}` : `${status} ${exception}`
  if (status === 404) return `API Gateway knows no such API and stage here (${what}); is the region right?`
  if (status === 403) return `these credentials may not do that (${what}); they need apigateway:DELETE on its cache`
  if (status === 429) return `API Gateway is asked too often (${what}): try again`
  return `API Gateway answered ${what}`
}
