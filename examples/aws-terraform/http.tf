# Attaches the authorizer to HTTP APIs: yes or no, by payload 2.0. Their routes name it by `http_authorizer_ids`.

locals {
  http_sources = {
    credential = "$request.header.${local.credential_header}"
    method     = "$context.httpMethod"
    path       = "$context.path"
    address    = "$context.identity.sourceIp"
  }
}

resource "aws_apigatewayv2_authorizer" "latchkey" {
  for_each = var.http_apis

  name                              = var.name
  api_id                            = each.value.id
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = aws_lambda_function.authorizer.invoke_arn
  authorizer_payload_format_version = "2.0"
  enable_simple_responses           = true
  authorizer_result_ttl_in_seconds  = local.ttl_seconds[each.value.stage]
  identity_sources                  = [for key in local.cached_by[each.value.stage] : local.http_sources[key]]

  lifecycle {
    precondition {
      condition     = local.ttl_seconds[each.value.stage] == 0 || length(setsubtract(["method", "path"], local.cached_by[each.value.stage])) == 0
      error_message = "\"cachedBy\" must have \"method\" and \"path\" for stage ${each.value.stage}, or a yes for one route opens all."
    }
  }
}

resource "aws_lambda_permission" "http" {
  for_each = var.http_apis

  statement_id  = "http-${each.key}"
  function_name = aws_lambda_function.authorizer.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:${local.partition}:execute-api:${local.region}:${local.account}:${each.value.id}/authorizers/${aws_apigatewayv2_authorizer.latchkey[each.key].id}"
}
