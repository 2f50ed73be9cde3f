#!lua flags=allow-oom
-- Erases a user: ends all sessions, raises the login floor, and removes the other data of the user.
--
-- ARGV caller identity timeout_cause event scope cause
-- 'forgotten' at uniques | 'collision'
--      (at: now, or later if a clock that was ahead had created a session later)

local event, scope, cause = ARGV[4], ARGV[5], ARGV[6]

local identity = stored_identity(ARGV[2])
if not identity then return { 'collision' } end

local live, lapsed = load_sessions(identity, {}, 1)
local at = NOW
for _, sessions in ipairs({ live, lapsed }) do
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

end_lapsed_sessions(lapsed, identity)
local uniques = {}
for i = #live, 1, -1 do
  end_session(live[i], identity, REASON.revoked_all, NOW, cause)
  uniques[#uniques + 1] = live[i].unique
end
-- A node may still have cached the end of an earlier session, with its actor. It receives an invalidation if this key
-- changes, and the key may not exist at the moment.
redis.call('HSET', SESSIONS, '@', identity)
update_due_time({}, false)
-- Written before the other fields are removed, so that the key stays.
redis.call('HSET', PROFILE, 'floor', floor)
keep_profile(LOGIN_AGE)
for _, field in ipairs(known) do redis.call('HDEL', PROFILE, field) end
redis.call('DEL', TOMBSTONES, REQUESTS)
emit(EVENT.user_forgotten, 0, event, scope, NOW, '', '', cause)
return { 'forgotten', at, table.concat(uniques) }
