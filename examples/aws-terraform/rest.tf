# Attaches the authorizer to REST APIs. Their methods name it by `rest_authorizer_ids`, and each API must be deployed again
# afterwards: `rest_redeployment` changes when that is so.

locals {
  rest_sources = {
    credential = "method.request.header.${local.credential_header}"
    method     = "context.httpMethod"
    path       = "context.path"
    address    = "context.identity.sourceIp"
  }

  # Pages may read a refusal. Where cookies are credentials, name the origins: "*" and credentials do not go together.
  readable = {
    "gatewayresponse.header.Access-Control-Allow-Origin"   = "'*'"
    "gatewayresponse.header.Access-Control-Expose-Headers" = "'WWW-Authenticate'"
    "gatewayresponse.header.Cache-Control"                 = "'no-store'"
  }

  unavailable = {
    status     = "503"
    parameters = {}
    body       = "{\"type\":\"about:blank\",\"title\":\"Try again: something that the gate needs is unavailable.\",\"status\":503,\"requestId\":\"$context.requestId\"}"
  }

  # The bodies are plain substitution: what is substituted must be harmless inside a JSON string, as reasons and ids are.
  refusals = {
    # Which 401 it was only the log tells: what is thrown has no context.
    UNAUTHORIZED = {
      status     = "401"
      parameters = { "gatewayresponse.header.WWW-Authenticate" = "'Bearer realm=\"${var.realm}\"'" }
      body       = "{\"type\":\"about:blank\",\"title\":\"Send a token that this service accepts.\",\"status\":401,\"requestId\":\"$context.requestId\"}"
    }
    ACCESS_DENIED = {
      status     = "403"
      parameters = {}
      body       = "{\"type\":\"urn:latchkey:reason:$context.authorizer.reason\",\"title\":\"This request is refused.\",\"status\":403,\"reason\":\"$context.authorizer.reason\",\"requestId\":\"$context.authorizer.requestId\"}"
    }
    AUTHORIZER_FAILURE             = local.unavailable
    AUTHORIZER_CONFIGURATION_ERROR = local.unavailable
  }

  rest_refusals = merge([
    for name, api in var.rest_apis : { for type, refusal in local.refusals : "${name}/${type}" => merge(refusal, { api = api.id, type = type }) }
  ]...)
}

resource "aws_api_gateway_authorizer" "latchkey" {
  for_each = var.rest_apis

  name                             = var.name
  rest_api_id                      = each.value.id
  type                             = "REQUEST"
  authorizer_uri                   = aws_lambda_function.authorizer.invoke_arn
  authorizer_result_ttl_in_seconds = local.ttl_seconds[each.value.stage]
  identity_source                  = join(",", [for key in local.cached_by[each.value.stage] : local.rest_sources[key]])
}

resource "aws_lambda_permission" "rest" {
  for_each = var.rest_apis

  statement_id  = "rest-${each.key}"
  function_name = aws_lambda_function.authorizer.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:${local.partition}:execute-api:${local.region}:${local.account}:${each.value.id}/authorizers/${aws_api_gateway_authorizer.latchkey[each.key].id}"
}

resource "aws_api_gateway_gateway_response" "refusal" {
  for_each = local.rest_refusals

  rest_api_id         = each.value.api
  response_type       = each.value.type
  status_code         = each.value.status
  response_parameters = merge(local.readable, each.value.parameters)
  response_templates  = { "application/json" = each.value.body }
}
