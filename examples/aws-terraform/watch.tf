# Alarms, and two queries of Logs Insights, over the decision events (docs/events.md). `Allowed`, `Refused` and `Duration` are
# in the events themselves, by LATCHKEY_AWS_METRICS; `Refused` is counted by `reason` too.

locals {
  reasons = {
    # A secret, the table or the document is not there: every request that needs it is 503.
    not-configured = "Latchkey refuses, as something is not configured. The log tells what."
    # What it needs was down for longer than it may go on without.
    dependency-unavailable = "Latchkey refuses, as DynamoDB, Parameter Store or an issuer does not answer."
  }
}

resource "aws_cloudwatch_metric_alarm" "refused" {
  for_each = local.reasons

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value
  namespace           = var.metrics
  metric_name         = "Refused"
  dimensions          = { reason = each.key }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
}

# A key that ended, a client that was deployed wrongly, somebody who tries keys: the query below tells which.
resource "aws_cloudwatch_metric_alarm" "refusals_jump" {
  alarm_name          = "${var.name}-refusals-jump"
  alarm_description   = "Latchkey refuses more than it usually does."
  threshold_metric_id = "usual"
  comparison_operator = "GreaterThanUpperThreshold"
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions

  metric_query {
    id          = "refused"
    return_data = true

    metric {
      namespace   = var.metrics
      metric_name = "Refused"
      period      = 300
      stat        = "Sum"
    }
  }

  metric_query {
    id          = "usual"
    expression  = "ANOMALY_DETECTION_BAND(refused, 4)"
    label       = "usual"
    return_data = true
  }
}

# To Lambda whatever is thrown is an error, and the 401, 429 and 503 of a REST API are told by throwing. What was thrown on
# purpose is counted apart; if this no longer finds it, the alarm rings too often and not too seldom.
resource "aws_cloudwatch_log_metric_filter" "thrown" {
  name           = "${var.name}-thrown"
  log_group_name = aws_cloudwatch_log_group.authorizer.name
  pattern        = "\"\\\"errorType\\\":\\\"NoAnswer\\\"\""

  metric_transformation {
    namespace = var.metrics
    name      = "Thrown"
    value     = "1"
    unit      = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "The authorizer fails otherwise than by refusing. It crashes, or runs out of time or memory."
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions

  metric_query {
    id          = "failed"
    expression  = "errors - FILL(thrown, 0)"
    label       = "failed"
    return_data = true
  }

  metric_query {
    id = "errors"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"
      dimensions  = { FunctionName = aws_lambda_function.authorizer.function_name }
      period      = 300
      stat        = "Sum"
    }
  }

  metric_query {
    id = "thrown"

    metric {
      namespace   = var.metrics
      metric_name = "Thrown"
      period      = 300
      stat        = "Sum"
    }
  }
}

# A call that Lambda refuses is a 500, or what the Gateway Response says: there is too little concurrency.
resource "aws_cloudwatch_metric_alarm" "throttles" {
  alarm_name          = "${var.name}-throttles"
  alarm_description   = "Lambda refuses to run the authorizer as often as it is asked to."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = aws_lambda_function.authorizer.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
}

# The function ends after 10 s, and API Gateway waits no longer.
resource "aws_cloudwatch_metric_alarm" "slow" {
  alarm_name          = "${var.name}-slow"
  alarm_description   = "The authorizer took 8 of its 10 seconds."
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = aws_lambda_function.authorizer.function_name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 8000
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
}

resource "aws_cloudwatch_query_definition" "usage_per_owner" {
  name            = "${var.name}/usage per owner"
  log_group_names = [aws_cloudwatch_log_group.authorizer.name]

  query_string = <<-EOT
    filter type = "decision" and decision = "allow"
    | stats count(*) as requests, count_distinct(keyId) as keys, latest(@timestamp) as last by owner
    | sort requests desc
  EOT
}

resource "aws_cloudwatch_query_definition" "refusals_by_reason" {
  name            = "${var.name}/refusals by reason"
  log_group_names = [aws_cloudwatch_log_group.authorizer.name]

  query_string = <<-EOT
    filter type = "decision" and decision = "deny"
    | stats count(*) as refusals, count_distinct(address) as addresses, count_distinct(keyId) as keys by reason, route
    | sort refusals desc
  EOT
}
