import type { IRestApi } from 'aws-cdk-lib/aws-apigateway'
import { GatewayResponse, ResponseType } from 'aws-cdk-lib/aws-apigateway'
import type { Construct } from 'constructs'

/** Pages may read a refusal. Where cookies are credentials, name the origins: "*" and credentials do not go together. */
const READABLE = {
  'Access-Control-Allow-Origin': "'*'",
  'Access-Control-Expose-Headers': "'WWW-Authenticate'",
  'Cache-Control': "'no-store'",
}

const UNAVAILABLE = {
  statusCode: '503',
  responseHeaders: READABLE,
  templates: {
    'application/json':
      '{"type":"about:blank","title":"Try again: something that the gate needs is unavailable.","status":503,"requestId":"$context.requestId"}',
  },
}

/**
 * How a REST API words what the authorizer refuses. The templates are plain substitution: whatever is substituted must be
 * harmless inside a JSON string, which reasons and request ids are.
 */
export function wordRefusals(scope: Construct, restApi: IRestApi, realm: string): void {
  new GatewayResponse(scope, 'Unauthorized', {
    restApi,
    type: ResponseType.UNAUTHORIZED,
    statusCode: '401',
    responseHeaders: { ...READABLE, 'WWW-Authenticate': `'Bearer realm="${realm}"'` },
    templates: {
      // Which 401 it was only the log tells: what is thrown has no context.
      'application/json':
        '{"type":"about:blank","title":"Send a token that this service accepts.","status":401,"requestId":"$context.requestId"}',
    },
  })
  new GatewayResponse(scope, 'AccessDenied', {
    restApi,
    type: ResponseType.ACCESS_DENIED,
    statusCode: '403',
    responseHeaders: READABLE,
    templates: {
      'application/json':
        '{"type":"urn:latchkey:reason:$context.authorizer.reason","title":"This request is refused.","status":403,"reason":"$context.authorizer.reason","requestId":"$context.authorizer.requestId"}',
    },
  })
  new GatewayResponse(scope, 'AuthorizerFailure', {
    restApi,
    type: ResponseType.AUTHORIZER_FAILURE,
    ...UNAVAILABLE,
  })
  new GatewayResponse(scope, 'AuthorizerConfigurationError', {
    restApi,
    type: ResponseType.AUTHORIZER_CONFIGURATION_ERROR,
    ...UNAVAILABLE,
  })
}
