#!lua
-- What is known of a user: the history of their logins, and their live sessions, least recently active first.
--
-- It writes nothing, and is declared as if it did: a replica refuses it.
--
-- ARGV caller identity timeout_cause
-- 'acquainted' version history {{unique, record, clock}} {{unique, began_at device}} | 'collision'
--      (the last: compromised sessions, to be taken out of the history)

local identity = identity_of(ARGV[2])
if not identity then return { 'collision' } end

local live = survey(identity, {}, 1)
local sessions = {}
for _, session in ipairs(live) do
  sessions[#sessions + 1] = { session.unique, redis.call('HGET', SESSIONS, session.unique), packed(session.clock) }
end
local known, compromised, raw = {}, {}, redis.call('HGETALL', PROFILE)
for i = 1, #raw, 2 do
  known[raw[i]] = raw[i + 1]
  if string.len(raw[i]) == 9 and string.sub(raw[i], 1, 1) == 'x' then
    compromised[#compromised + 1] = { string.sub(raw[i], 2), raw[i + 1] }
  end
end
return { 'acquainted', tonumber(known['v'] or '0'), known['h'] or '', sessions, compromised }
