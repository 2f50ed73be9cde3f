#!lua
-- Loads the state of a user: the login history and the active sessions, least recently active first.
--
-- The script writes nothing, but is declared as a write so that a replica refuses it.
--
-- ARGV caller identity timeout_cause
-- 'loaded' version history {{unique, record, clock}} {{unique, began_at device}} | 'collision'
--      (the last: compromised sessions, which the caller removes from the history)

local identity = stored_identity(ARGV[2])
if not identity then return { 'collision' } end

local live = load_sessions(identity, {}, 1)
local sessions = {}
for _, session in ipairs(live) do
  sessions[#sessions + 1] = { session.unique, redis.call('HGET', SESSIONS, session.unique), pack_clock(session.clock) }
end
local known, compromised, raw = {}, {}, redis.call('HGETALL', PROFILE)
for i = 1, #raw, 2 do
  known[raw[i]] = raw[i + 1]
  if string.len(raw[i]) == 9 and string.sub(raw[i], 1, 1) == 'x' then
    compromised[#compromised + 1] = { string.sub(raw[i], 2), raw[i + 1] }
  end
end
return { 'loaded', tonumber(known['v'] or '0'), known['h'] or '', sessions, compromised }
