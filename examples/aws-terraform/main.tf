# Latchkey as the Lambda authorizer of REST and HTTP APIs that exist: the function, its role, its log and the table of the
# keys. rest.tf and http.tf attach it, watch.tf has alarms and queries.
#
# AN AUTHORIZER STRIPS NOTHING. It says yes or no and who called; the request then goes on as the client sent it, the key
# and any X-Latchkey-* field of the client's own included. Give every HTTP integration behind it `rest_origin_headers` or
# `http_origin_headers` of outputs.tf.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

resource "aws_lambda_function" "authorizer" {
  function_name    = var.name
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  handler          = "authorizer.handler"
  runtime          = "nodejs22.x"
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = 10 # More than one call may wait for, and as long as API Gateway waits.
  role             = aws_iam_role.authorizer.arn

  environment {
    variables = {
      KEYS                 = "dynamodb:${aws_dynamodb_table.keys.name}"
      LATCHKEY_SECRETS     = "ssm:${var.parameter_path}"
      LATCHKEY_AWS_METRICS = var.metrics
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.authorizer.name
  }
}

resource "aws_cloudwatch_log_group" "authorizer" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = 30
}

resource "aws_iam_role" "authorizer" {
  name = "${var.name}-authorizer"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

# It reads records, counts requests and writes usage; it changes no key. Every id begins with its family.
resource "aws_iam_role_policy" "authorizer" {
  name = "authorizer"
  role = aws_iam_role.authorizer.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "dynamodb:GetItem", Resource = aws_dynamodb_table.keys.arn },
      {
        Effect    = "Allow"
        Action    = "dynamodb:PutItem"
        Resource  = aws_dynamodb_table.keys.arn
        Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["usage:*", "used:*", "log:*"] } }
      },
      {
        Effect    = "Allow"
        Action    = "dynamodb:UpdateItem"
        Resource  = aws_dynamodb_table.keys.arn
        Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["counter:*"] } }
      },
      { Effect = "Allow", Action = "ssm:GetParameters", Resource = "${local.parameters}*" },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.authorizer.arn}:*"
      },
    ]
  })
}

locals {
  account    = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name
  parameters = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter${var.parameter_path}"
}

# migrations/dynamodb/table.json.
resource "aws_dynamodb_table" "keys" {
  name         = "${var.name}-keys"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  # It holds the keys: `terraform destroy` fails until somebody has turned this off.
  deletion_protection_enabled = true

  dynamic "attribute" {
    for_each = ["id", "family", "name", "expires"]

    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = ["id", "name", "expires"]

    content {
      name            = "by-${global_secondary_index.value}"
      hash_key        = "family"
      range_key       = global_secondary_index.value
      projection_type = "KEYS_ONLY"
    }
  }

  ttl {
    attribute_name = "gone"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }
}
