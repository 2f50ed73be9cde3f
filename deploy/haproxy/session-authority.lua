-- The action `lua.session_check PROFILE` of haproxy.cfg: asks the session authority about a request, and passes it on
-- with the identity headers or responds with the denial.
local url = os.getenv("SESSION_AUTHORITY_URL") .. "/v1/forward-auth/"
local key = os.getenv("SESSION_AUTHORITY_API_KEY")
-- Milliseconds for a check.
local timeout = 500

local identity = {
  "x-session-user", "x-session-id", "x-session-tenant", "x-session-roles", "x-session-assurance-level",
  "x-session-authenticated-at",
}
local forwarded = {
  "cookie", "authorization", "accept", "accept-language", "accept-encoding", "content-type", "sec-fetch-mode",
  "user-agent",
}
local denial = {
  "content-type", "www-authenticate", "location", "retry-after", "set-cookie", "cache-control", "x-session-reason",
}

local function values(list)
  local result = {}
  for index, value in pairs(list or {}) do
    -- Lists of HAProxy begin at 0.
    if type(index) == "number" then result[#result + 1] = value end
  end
  return result
end

local function respond(txn, status, headers, body)
  local reply = txn:reply({status = status})
  for name, list in pairs(headers) do
    for _, value in ipairs(list) do reply:add_header(name, value) end
  end
  reply:set_body(body)
  txn:done(reply)
end

core.register_action("session_check", {"http-req"}, function(txn, profile)
  local client = txn.http:req_get_headers()
  local request = {
    ["x-session-authority-key"] = {key},
    ["x-forwarded-for"] = {txn.f:src()},
    ["x-forwarded-method"] = {txn.f:method()},
    ["x-forwarded-uri"] = {txn.f:pathq()},
  }
  for _, name in ipairs(forwarded) do
    local list = values(client[name])
    if #list > 0 then request[name] = list end
  end
  local response = core.httpclient():get({url = url .. profile, headers = request, timeout = timeout})
  local status = response and response.status or 0
  if status == 200 then
    for _, name in ipairs(identity) do
      local value = values(response.headers[name])[1]
      if value and value ~= "" then txn.http:req_set_header(name, value) end
    end
    return
  end
  -- Without a reason, the response is one of HAProxy itself, which could not reach the authority.
  local is_denial = status == 302 or status == 401 or status == 403 or status == 503
  if is_denial and values(response.headers and response.headers["x-session-reason"])[1] then
    local headers = {}
    for _, name in ipairs(denial) do headers[name] = values(response.headers[name]) end
    respond(txn, status, headers, response.body or "")
    return
  end
  -- Nothing passes without a verdict.
  respond(txn, 503, {["retry-after"] = {"1"}, ["x-session-reason"] = {"NO_VERDICT"}}, "")
end, 1)
