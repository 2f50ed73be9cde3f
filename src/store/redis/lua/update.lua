#!lua
-- Puts another record in place of a live session's. Generation, secret and the time of the login stay as stored.
--
-- ARGV caller identity timeout_cause unique expected record cause
-- 'updated' | 'conflict' revision | 'gone' | 'collision'

local unique, expected, record, cause = ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7]

local identity = identity_of(ARGV[2])
if not identity then return { 'collision' } end
local stored, raw = redis.call('HGET', SESSIONS, unique), redis.call('HGET', CLOCKS, unique)
if not stored or not raw then return { 'gone' } end
local clock = clock_of(raw)
latest_generation()
if over(clock, mass_revocation(tenant_of(identity))) then
  local live, gone = survey(identity, {}, 1)
  finish_over(gone, identity)
  settle(live, true)
  return { 'gone' }
end
local revision = struct.unpack('>I4', stored, 3)
if revision ~= expected then return { 'conflict', revision } end

record = string.sub(record, 1, 6) .. string.sub(stored, 7, 48) .. string.sub(record, 49)
redis.call('HSET', SESSIONS, unique, record)
emit(EVENT.updated, 0, HANDLE .. unique, identity, NOW, record, raw, cause)
return { 'updated' }
