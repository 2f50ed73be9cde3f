#!lua flags=allow-oom
-- The live sessions of a user, least recently active first. What is over is ended on the way.
--
-- ARGV caller identity timeout_cause ...
--      (... pending touches: unique, time)
-- 'listed' {{unique, record, clock}} | 'collision'

local identity = identity_of(ARGV[2])
if not identity then return { 'collision' } end

local live, gone = survey(identity, ARGV, 4)
local listed = {}
for _, session in ipairs(live) do
  listed[#listed + 1] = { session.unique, redis.call('HGET', SESSIONS, session.unique), packed(session.clock) }
end

write_touches(live)
if #gone > 0 then
  finish_over(gone, identity)
  settle(live, true)
end
return { 'listed', listed }
