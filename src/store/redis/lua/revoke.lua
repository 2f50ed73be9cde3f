#!lua flags=allow-oom
-- Ends one session, or the sessions on one device, as far as the guard admits.
--
-- ARGV caller identity timeout_cause by target user secret cause reason compromised any_tenant ...
--      (by: 'session' or 'device'; empty user or secret: any; ... the tenants admitted)
-- {ended}: the sessions that this call ended for its own reason

local by, target, user, secret, cause = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local reason, compromised, any_tenant = tonumber(ARGV[9]), ARGV[10] == '1', ARGV[11] == '1'

local identity = stored_identity(ARGV[2])
if not identity or identity == '' then return {} end
local tenant = tenant_of(identity)
local admitted = any_tenant
for i = 12, #ARGV do admitted = admitted or ARGV[i] == tenant end
if user ~= '' and string.sub(identity, #tenant + 2) ~= user then admitted = false end
if not admitted then return {} end

local live, lapsed = load_sessions(identity, {}, 1)
local remaining, chosen = {}, {}
for _, session in ipairs(live) do
  local hit
  if by == 'session' then hit = session.unique == target else hit = session.clock.device == target end
  if hit and secret ~= '' then
    hit = string.sub(redis.call('HGET', SESSIONS, session.unique), 11, 42) == secret
  end
  local list = hit and chosen or remaining
  list[#list + 1] = session
end
if #chosen == 0 and #lapsed == 0 then return {} end

if compromised then mark_compromised(chosen) end
end_lapsed_sessions(lapsed, identity)
local ended = {}
for _, session in ipairs(chosen) do
  ended[#ended + 1] = end_session(session, identity, reason, NOW, cause)
end
update_due_time(remaining, true)
return ended
