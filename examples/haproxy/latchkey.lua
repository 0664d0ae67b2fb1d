-- Asks Latchkey about a request before it goes on: `http-request lua.latchkey ADDRESS-OF-VERIFY PROXY-SECRET`. Whatever
-- is not 200 refuses; an answer that does not come is 503. Only where it says so does txn.latchkey hold "allowed".

local IDENTITY = {
  "subject", "kind", "type", "name", "owner", "permissions", "expires", "request-id", "identity",
}

-- What belongs to the connection or to the body, and is not told of a request.
local UNTOLD = {
  ["host"] = true, ["connection"] = true, ["content-length"] = true, ["transfer-encoding"] = true,
  ["expect"] = true, ["te"] = true,
}

core.register_action("latchkey", { "http-req" }, function(txn, verify, secret)
  local asked = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not UNTOLD[name] then
      asked[name] = {}
      for place = 0, #values do table.insert(asked[name], values[place]) end
    end
  end
  asked["x-forwarded-method"] = { txn.f:method() }
  -- What goes on to the origin: since HTTP/2 the url is absolute, whatever the client wrote.
  asked["x-forwarded-uri"] = { txn.f:fc_http_major() > 1 and txn.f:pathq() or txn.f:url() }
  asked["x-latchkey-proxy-secret"] = { secret }

  local answer = core.httpclient():get({ url = verify, headers = asked, timeout = 5000 })
  if not answer or not answer.status or answer.status == 0 then
    return txn:done(txn:reply({ status = 503, headers = { ["cache-control"] = { "no-store" } } }))
  end
  if answer.status ~= 200 then
    local headers = {}
    for name, values in pairs(answer.headers) do
      if not UNTOLD[name] and name ~= "keep-alive" then
        headers[name] = {}
        for place = 0, #values do table.insert(headers[name], values[place]) end
      end
    end
    local status = answer.status >= 400 and answer.status or 503
    return txn:done(txn:reply({ status = status, headers = headers, body = answer.body }))
  end
  for _, name in ipairs(IDENTITY) do
    local values = answer.headers["x-latchkey-" .. name]
    if values then txn.http:req_set_header("x-latchkey-" .. name, values[0]) end
  end
  txn:set_var("txn.latchkey_id", answer.headers["x-latchkey-request-id"][0])
  txn:set_var("txn.latchkey_kind", answer.headers["x-latchkey-kind"][0])
  txn:set_var("txn.latchkey", "allowed")
end, 2)
