output "rest_authorizer_ids" {
  description = "By the names of `rest_apis`: the `authorizer_id` of methods, beside `authorization = \"CUSTOM\"`."
  value       = { for name, authorizer in aws_api_gateway_authorizer.latchkey : name => authorizer.id }
}

output "http_authorizer_ids" {
  description = "By the names of `http_apis`: the `authorizer_id` of routes, beside `authorization_type = \"CUSTOM\"`."
  value       = { for name, authorizer in aws_apigatewayv2_authorizer.latchkey : name => authorizer.id }
}

output "rest_redeployment" {
  description = "For `triggers` of an `aws_api_gateway_deployment`: authorizers and refusals count only after one."
  value       = sha256(jsonencode([aws_api_gateway_authorizer.latchkey, aws_api_gateway_gateway_response.refusal]))
}

output "rest_origin_headers" {
  description = "For `request_parameters` of a REST API's HTTP integration behind the authorizer: who called, in the place of whatever the client said of it."
  value = merge(
    # Nobody documents that an empty value overwrites, so the origin believes only what is never empty behind the
    # authorizer: Subject, Kind, Type, Name and Request-Id.
    { for field, header in local.identity : "integration.request.header.${header}" => "context.authorizer.${field}" },
    # A REST API cannot remove a header.
    { "integration.request.header.${local.credential_header}" = "'removed'" },
  )
}

output "http_origin_headers" {
  description = "The same for an HTTP API's. A text before each value keeps it from ever being empty: `owner=acme`."
  value = merge(
    { for field, header in local.identity : "overwrite:header.${header}" => "${field}=$${context.authorizer.${field}}" },
    # Not where that is `Authorization`: it can be neither removed nor overwritten.
    { "remove:header.${local.credential_header}" = "''" },
  )
}

output "http_without_identity" {
  description = "For the HTTP integration of an HTTP API's public route, which no authorizer judges: nobody called."
  value       = { for header in concat(values(local.identity), [local.credential_header]) : "remove:header.${header}" => "''" }
}

output "function_name" {
  value = aws_lambda_function.authorizer.function_name
}

output "table_name" {
  value = aws_dynamodb_table.keys.name
}

# The header of each field of `$context.authorizer`.
locals {
  identity = {
    subject     = "X-Latchkey-Subject"
    kind        = "X-Latchkey-Kind"
    type        = "X-Latchkey-Type"
    name        = "X-Latchkey-Name"
    owner       = "X-Latchkey-Owner"
    permissions = "X-Latchkey-Permissions"
    expires     = "X-Latchkey-Expires"
    requestId   = "X-Latchkey-Request-Id"
  }
}
