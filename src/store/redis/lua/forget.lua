#!lua flags=allow-oom
-- Ends all sessions of a user, raises the floor under logins, and removes what else is kept of the user.
--
-- ARGV caller identity timeout_cause event scope cause
-- 'forgotten' uniques | 'collision'

local event, scope, cause = ARGV[4], ARGV[5], ARGV[6]

local identity = identity_of(ARGV[2])
if not identity then return { 'collision' } end

local live, gone = survey(identity, {}, 1)
local floor = math.max(NOW, tonumber(redis.call('HGET', PROFILE, 'floor') or '0'))
local known, profile = {}, redis.call('HGETALL', PROFILE)
for i = 1, #profile, 2 do
  if profile[i] ~= 'floor' then known[#known + 1] = profile[i] end
end

finish_over(gone, identity)
local uniques = {}
for i = #live, 1, -1 do
  finish(live[i], identity, REASON.revoked_all, NOW, cause)
  uniques[#uniques + 1] = live[i].unique
end
settle({}, false)
-- Before the rest of it goes, so that the key stays.
redis.call('HSET', PROFILE, 'floor', floor)
keep_profile(LOGIN_AGE)
for _, field in ipairs(known) do redis.call('HDEL', PROFILE, field) end
redis.call('DEL', TOMBSTONES, REQUESTS)
emit(EVENT.user_forgotten, 0, event, scope, NOW, '', '', cause)
return { 'forgotten', table.concat(uniques) }
