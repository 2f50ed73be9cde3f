#!lua flags=allow-oom
-- Lists the active sessions of a user, least recently active first. Lapsed sessions are ended on the way.
--
-- ARGV caller identity timeout_cause ...
--      (... pending touches: unique, time)
-- 'listed' {{unique, record, clock}} | 'collision'

local identity = stored_identity(ARGV[2])
if not identity then return { 'collision' } end

local live, lapsed = load_sessions(identity, ARGV, 4)
local listed = {}
for _, session in ipairs(live) do
  listed[#listed + 1] = { session.unique, redis.call('HGET', SESSIONS, session.unique), pack_clock(session.clock) }
end

write_touches(live)
if #lapsed > 0 then
  end_lapsed_sessions(lapsed, identity)
  update_due_time(live, true)
end
return { 'listed', listed }
