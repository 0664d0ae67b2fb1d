import type { StackProps } from 'aws-cdk-lib'
import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib'
import type { IRestApi } from 'aws-cdk-lib/aws-apigateway'
import {
  AccessLogFormat,
  Cors,
  EndpointType,
  HttpIntegration,
  MockIntegration,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway'
import { CorsHttpMethod, HttpApi, HttpMethod, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Code } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { TemplateDocument } from './caching.ts'
import { LatchkeyAuthorizer } from './latchkey-authorizer.ts'
import { withoutIdentity } from './origin-headers.ts'

export interface SampleProps extends StackProps {
  readonly document: TemplateDocument
  readonly code: Code
  /** Where allowed requests go, without a path. Only these APIs may reach it. */
  readonly origin: string
}

const HEADERS = ['content-type', 'x-api-key']

/** A REST API and an HTTP API before one origin, with the routes of latchkey.json, behind one authorizer. */
export class SampleStack extends Stack {
  constructor(scope: Construct, id: string, { document, code, origin, ...props }: SampleProps) {
    super(scope, id, props)
    const about = { document, code, secrets: '/latchkey/prod/', realm: 'orders' }
    const latchkey = new LatchkeyAuthorizer(this, 'Latchkey', about)
    this.#restApi(latchkey, origin)
    this.#httpApi(latchkey, origin)
    new CfnOutput(this, 'KeysTable', { value: latchkey.table.tableName })
  }

  #restApi(latchkey: LatchkeyAuthorizer, origin: string): void {
    const api = new RestApi(this, 'RestApi', {
      endpointTypes: [EndpointType.REGIONAL],
      // The stage that latchkey.json speaks of in "apis".
      deployOptions: { stageName: 'prod' },
      // API Gateway answers preflights by itself: a browser sends no key with them.
      defaultCorsPreflightOptions: { allowOrigins: Cors.ALL_ORIGINS, allowHeaders: HEADERS },
      cloudWatchRole: false,
    })
    const authorizer = latchkey.forRestApi(api as IRestApi, 'prod')
    const { rest } = latchkey.originHeaders()

    // Public in the document, so without the authorizer: a request without a key would be 401 before it.
    const up = {
      requestTemplates: { 'application/json': '{"statusCode":200}' },
      integrationResponses: [{ statusCode: '200' }],
    }
    const isUp = { methodResponses: [{ statusCode: '200' }] }
    api.root.addResource('health').addMethod('GET', new MockIntegration(up), isUp)

    const orders = api.root.addResource('orders')
    for (const httpMethod of ['GET', 'POST']) {
      const options = { requestParameters: rest }
      orders.addMethod(httpMethod, new HttpIntegration(`${origin}/orders`, { httpMethod, options }), { authorizer })
    }
    const options = { requestParameters: { ...rest, 'integration.request.path.id': 'method.request.path.id' } }
    orders.addResource('{id}').addMethod('GET', new HttpIntegration(`${origin}/orders/{id}`, { options }), {
      authorizer,
      requestParameters: { 'method.request.path.id': true },
    })
  }

  #httpApi(latchkey: LatchkeyAuthorizer, origin: string): void {
    const api = new HttpApi(this, 'HttpApi', {
      corsPreflight: {
        allowOrigins: ['*'],
        allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST],
        allowHeaders: HEADERS,
      },
      createDefaultStage: false,
    })
    const retention = RetentionDays.ONE_MONTH
    const log = new LogGroup(this, 'HttpApiLog', { retention, removalPolicy: RemovalPolicy.DESTROY })
    // An HTTP API words refusals itself, {"message":"Forbidden"}: why, only this log tells.
    const format = AccessLogFormat.custom(
      '{"requestId":"$context.requestId","latchkeyRequestId":"$context.authorizer.requestId","status":"$context.status","reason":"$context.authorizer.reason","error":"$context.authorizer.error"}',
    )
    const stage = api.addStage('Stage', {
      autoDeploy: true,
      accessLogSettings: { destination: new LogGroupLogDestination(log), format },
    })
    const authorizer = latchkey.forHttpApi('$default')
    const parameterMapping = latchkey.originHeaders().http

    api.addRoutes({
      path: '/health',
      methods: [HttpMethod.GET],
      integration: new HttpUrlIntegration('Health', `${origin}/health`, {
        parameterMapping: withoutIdentity('x-api-key'),
      }),
    })
    api.addRoutes({
      path: '/orders',
      methods: [HttpMethod.GET, HttpMethod.POST],
      authorizer,
      integration: new HttpUrlIntegration('Orders', `${origin}/orders`, { parameterMapping }),
    })
    api.addRoutes({
      path: '/orders/{id}',
      methods: [HttpMethod.GET],
      authorizer,
      integration: new HttpUrlIntegration('Order', `${origin}/orders/{id}`, { parameterMapping }),
    })
    new CfnOutput(this, 'HttpApiUrl', { value: stage.url })
  }
}
