variable "name" {
  description = "Name of the function, and what the names of all else begin with."
  type        = string
  default     = "latchkey"
}

variable "zip" {
  description = "What `latchkey bundle --host aws --config latchkey.json --out authorizer.zip` made."
  type        = string
}

variable "document" {
  description = "The latchkey.json that the zip was made of: TTLs and identity sources follow it, so that they cannot disagree with it."
  type        = string
}

variable "parameter_path" {
  description = "Where the document's secrets are in Parameter Store."
  type        = string
  default     = "/latchkey/prod/"

  validation {
    condition     = can(regex("^/.+/$", var.parameter_path))
    error_message = "A path with a slash at both ends, such as /latchkey/prod/."
  }
}

variable "rest_apis" {
  description = "REST APIs that get the authorizer, existing ones by their id, under names of your choice. The stage is the one that requests come by."
  type        = map(object({ id = string, stage = optional(string, "prod") }))
  default     = {}
}

variable "http_apis" {
  description = "HTTP APIs that get the authorizer."
  type        = map(object({ id = string, stage = optional(string, "$default") }))
  default     = {}
}

variable "realm" {
  description = "What the challenge of a 401 names."
  type        = string
  default     = "api"
}

variable "metrics" {
  description = "What metrics and alarms are under. Another name for each deployment of one account."
  type        = string
  default     = "Latchkey"
}

variable "alarm_actions" {
  description = "ARNs that are told of alarms, such as an SNS topic's. Default: nobody; they are in the console."
  type        = list(string)
  default     = []
}
