#!lua flags=allow-oom
-- Lists the active sessions of a user, least recently active first. Lapsed sessions are ended on the way.
--
-- ARGV caller identity timeout_cause ...
--      (... pending touches: unique, time)
-- 'listed' {{unique, record, clock, client}} | 'collision'
--      (client: the one that was seen last; empty if none is stored)

local identity = stored_identity(ARGV[2])
if not identity then return { 'collision' } end

local live, lapsed = load_sessions(identity, ARGV, 4)
local listed = {}
for _, session in ipairs(live) do
  local stored = redis.call('HMGET', SESSIONS, session.unique, 'l' .. session.unique)
  listed[#listed + 1] = { session.unique, stored[1], pack_clock(session.clock), stored[2] or '' }
end

write_touches(live)
if #lapsed > 0 then
  end_lapsed_sessions(lapsed, identity)
  update_due_time(live, true)
end
return { 'listed', listed }
