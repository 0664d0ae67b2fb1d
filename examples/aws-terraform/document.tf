# What the document says of caching and of the place of the credential.

locals {
  document = jsondecode(file(var.document))

  # Every credential must be read from the same one header: a cache has one key.
  credential_headers = distinct(flatten([
    for credential in local.document.credentials : [for place in try(credential.from, [{ header = "authorization" }]) : place.header]
  ]))
  credential_header = one(local.credential_headers)

  # The first entry of "apis" that takes the stage.
  caching = {
    for stage in distinct([for api in concat(values(var.rest_apis), values(var.http_apis)) : api.stage]) :
    stage => [for entry in try(local.document.apis, [{}]) : entry if try(entry.stage, stage) == stage][0]
  }
  ttl_seconds = { for stage, entry in local.caching : stage => try(entry.resultTtlSeconds, 0) }

  # Where nothing is kept there is no identity source: API Gateway answers 401 by itself where one is missing.
  cached_by = {
    for stage, entry in local.caching :
    stage => local.ttl_seconds[stage] > 0 ? concat(["credential"], try(entry.cachedBy, [])) : []
  }
}
