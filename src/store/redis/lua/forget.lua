#!lua flags=allow-oom
-- Ends all sessions of a user, raises the floor under logins, and removes what else is kept of the user.
--
-- ARGV caller identity timeout_cause event scope cause
-- 'forgotten' at uniques | 'collision'
--      (at: now, or later where a session had been made later by a clock that was ahead)

local event, scope, cause = ARGV[4], ARGV[5], ARGV[6]

local identity = identity_of(ARGV[2])
if not identity then return { 'collision' } end

local live, gone = survey(identity, {}, 1)
local at = NOW
for _, sessions in ipairs({ live, gone }) do
  for _, session in ipairs(sessions) do
    local record = redis.call('HGET', SESSIONS, session.unique) or ''
    if #record >= 48 then at = math.max(at, (struct.unpack('>I6', record, 43))) end
  end
end
local floor = math.max(at, tonumber(redis.call('HGET', PROFILE, 'floor') or '0'))
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
-- A node may still have in memory how an earlier session ended, and by whom. It is told of a change of this key, and there
-- may be none now.
redis.call('HSET', SESSIONS, '@', identity)
settle({}, false)
-- Before the rest of it goes, so that the key stays.
redis.call('HSET', PROFILE, 'floor', floor)
keep_profile(LOGIN_AGE)
for _, field in ipairs(known) do redis.call('HDEL', PROFILE, field) end
redis.call('DEL', TOMBSTONES, REQUESTS)
emit(EVENT.user_forgotten, 0, event, scope, NOW, '', '', cause)
return { 'forgotten', at, table.concat(uniques) }
