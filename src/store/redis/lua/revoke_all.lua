#!lua flags=allow-oom
-- Ends all sessions of a user but one, and raises the login floor.
--
-- ARGV caller identity timeout_cause except operation event scope cause compromised
-- 'revoked' uniques, now or when the operation was first carried out | 'collision'

local except, operation, event, scope, cause = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local compromised = ARGV[9] == '1'

local identity = stored_identity(ARGV[2])
if not identity then return { 'collision' } end
local known = redis.call('HGET', REQUESTS, 'o' .. operation)
if known and struct.unpack('>I6', known) + DAY >= NOW then return { 'revoked', string.sub(known, 7) } end

local live, lapsed = load_sessions(identity, {}, 1)
local floor = math.max(NOW, tonumber(redis.call('HGET', PROFILE, 'floor') or '0'))

if compromised then mark_unconfirmed_logins() end
end_lapsed_sessions(lapsed, identity)
local remaining, uniques = {}, {}
for i = #live, 1, -1 do
  local session = live[i]
  if session.unique == except then
    remaining[#remaining + 1] = session
  else
    end_session(session, identity, REASON.revoked_all, NOW, cause)
    uniques[#uniques + 1] = session.unique
  end
end
redis.call('HSET', PROFILE, 'floor', floor)
keep_profile(LOGIN_AGE)
redis.call('HSET', REQUESTS, 'o' .. operation, struct.pack('>I6', NOW) .. table.concat(uniques))
prune(REQUESTS)
emit(EVENT.revoked_all, 0, event, scope, NOW, '', '', cause)
update_due_time(remaining, #uniques + #lapsed > 0)
return { 'revoked', table.concat(uniques) }
