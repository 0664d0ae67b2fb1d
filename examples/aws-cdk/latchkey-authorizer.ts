import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import type { IAuthorizer, IRestApi } from 'aws-cdk-lib/aws-apigateway'
import { IdentitySource, RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway'
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch'
import type { ITable, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Code } from 'aws-cdk-lib/aws-lambda'
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { CacheKey, TemplateDocument } from './caching.ts'
import { cachingOf, credentialHeaderOf } from './caching.ts'
import { keysTable } from './keys-table.ts'
import type { OriginHeaders } from './origin-headers.ts'
import { originHeaders } from './origin-headers.ts'
import { wordRefusals } from './refusals.ts'
import { watch } from './watch.ts'

export interface LatchkeyAuthorizerProps {
  /** `Code.fromAsset('authorizer.zip')`: what `latchkey bundle --host aws` made of the document. */
  readonly code: Code
  /** The same document: TTLs and identity sources follow it, so that they cannot disagree with it. */
  readonly document: TemplateDocument
  /** Where the document's secrets are in Parameter Store, with a slash at both ends: `/latchkey/prod/`. */
  readonly secrets: string
  /** Where issued keys are kept. Default: a table is made, and stays when the stack is removed. */
  readonly table?: ITable
  /** What the challenge of a 401 names. Default: `api`. */
  readonly realm?: string
  /** What its metrics and alarms are under: another name for each deployment of one account. Default: `Latchkey`. */
  readonly metrics?: string
  /** Who is told of alarms: `new SnsAction(topic)`. Default: nobody; they are in the console. */
  readonly alarmActions?: readonly IAlarmAction[]
}

/** More than one call may wait for, and as long as API Gateway waits. */
const TIMEOUT = Duration.seconds(10)

/** Latchkey as the authorizer of any number of REST and HTTP APIs: one function, its role, its log and its alarms. */
export class LatchkeyAuthorizer extends Construct {
  readonly function: LambdaFunction
  readonly table: ITable | Table
  readonly #document: TemplateDocument
  readonly #realm: string

  constructor(scope: Construct, id: string, props: LatchkeyAuthorizerProps) {
    super(scope, id)
    const { code, document, secrets, metrics = 'Latchkey', alarmActions = [] } = props
    this.#document = document
    this.#realm = props.realm ?? 'api'
    this.table = props.table ?? keysTable(this)
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    for (const statement of this.#permissions(secrets)) role.addToPolicy(statement)
    logGroup.grantWrite(role)
    this.function = new LambdaFunction(this, 'Function', {
      code,
      handler: 'authorizer.handler',
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: TIMEOUT,
      role,
      logGroup,
      environment: {
        KEYS: `dynamodb:${this.table.tableName}`,
        LATCHKEY_SECRETS: `ssm:${secrets}`,
        LATCHKEY_AWS_METRICS: metrics,
      },
    })
    watch(this, { function: this.function, timeout: TIMEOUT, logGroup, metrics, alarmActions })
  }

  /**
   * The authorizer of a REST API, new or imported, for `addMethod(..., { authorizer })`, and how the API words its
   * refusals. `stage` is the one that requests come by. An imported API must be deployed again afterwards.
   */
  forRestApi(api: IRestApi, stage = 'prod'): IAuthorizer {
    const { ttlSeconds, keys } = cachingOf(this.#document, stage)
    const header = credentialHeaderOf(this.#document)
    const sources: Readonly<Record<CacheKey, string>> = {
      credential: IdentitySource.header(header),
      method: IdentitySource.context('httpMethod'),
      path: IdentitySource.context('path'),
      address: IdentitySource.context('identity.sourceIp'),
    }
    const scope = new Construct(this, `RestApi-${api.node.addr}`)
    wordRefusals(scope, api, this.#realm)
    return new RequestAuthorizer(scope, 'Authorizer', {
      handler: this.function,
      resultsCacheTtl: Duration.seconds(ttlSeconds),
      identitySources: keys.map((key) => sources[key]),
    })
  }

  /** The authorizer of an HTTP API, for `addRoutes({ ..., authorizer })`: yes or no, by payload 2.0. */
  forHttpApi(stage = '$default'): HttpLambdaAuthorizer {
    const { ttlSeconds, keys } = cachingOf(this.#document, stage)
    // A kept yes is one for every route that shares the identity sources.
    if (ttlSeconds > 0 && !(keys.includes('method') && keys.includes('path'))) {
      throw new Error(`"cachedBy" must have "method" and "path" for stage ${stage}, or a yes for one route opens all`)
    }
    const sources: Readonly<Record<CacheKey, string>> = {
      credential: `$request.header.${credentialHeaderOf(this.#document)}`,
      method: '$context.httpMethod',
      path: '$context.path',
      address: '$context.identity.sourceIp',
    }
    return new HttpLambdaAuthorizer('Latchkey', this.function, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      resultsCacheTtl: Duration.seconds(ttlSeconds),
      identitySource: keys.map((key) => sources[key]),
    })
  }

  /** For every HTTP integration behind the authorizer. */
  originHeaders(): OriginHeaders {
    return originHeaders(credentialHeaderOf(this.#document))
  }

  /** The gate reads records, counts requests and writes usage; it changes no key. Every id begins with its family. */
  #permissions(secrets: string): readonly PolicyStatement[] {
    const { tableArn } = this.table
    const allow = (action: string, resource: string, families?: readonly string[]) =>
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [action],
        resources: [resource],
        ...(families && { conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': families } } }),
      })
    const parameters = Stack.of(this).formatArn({
      service: 'ssm',
      resource: 'parameter',
      resourceName: `${secrets.slice(1)}*`,
    })
    return [
      allow('dynamodb:GetItem', tableArn),
      allow('dynamodb:PutItem', tableArn, ['usage:*', 'used:*', 'log:*']),
      allow('dynamodb:UpdateItem', tableArn, ['counter:*']),
      allow('ssm:GetParameters', parameters),
    ]
  }
}
