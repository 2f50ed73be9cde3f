#!lua
-- What is known of a user: the history of their logins, and their live sessions, least recently active first.
--
-- It writes nothing, and is declared as if it did: a replica refuses it.
--
-- ARGV caller identity timeout_cause
-- 'acquainted' version history {{unique, record, clock}} | 'collision'

local identity = identity_of(ARGV[2])
if not identity then return { 'collision' } end

local live = survey(identity, {}, 1)
local sessions = {}
for _, session in ipairs(live) do
  sessions[#sessions + 1] = { session.unique, redis.call('HGET', SESSIONS, session.unique), packed(session.clock) }
end
local known = redis.call('HMGET', PROFILE, 'v', 'h')
return { 'acquainted', tonumber(known[1] or '0'), known[2] or '', sessions }
