#!lua
-- Replaces the record of an active session. The generation, the secret and the time of the login stay as stored.
--
-- ARGV caller identity timeout_cause unique expected record cause
-- 'updated' | 'conflict' revision | 'not_found' | 'collision'

local unique, expected, record, cause = ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7]

local identity = stored_identity(ARGV[2])
if not identity then return { 'collision' } end
local stored, raw = redis.call('HGET', SESSIONS, unique), redis.call('HGET', CLOCKS, unique)
if not stored or not raw then return { 'not_found' } end
local clock = unpack_clock(raw)
latest_generation()
if end_reason(clock, mass_revocation(tenant_of(identity))) then
  local live, lapsed = load_sessions(identity, {}, 1)
  end_lapsed_sessions(lapsed, identity)
  update_due_time(live, true)
  return { 'not_found' }
end
local revision = struct.unpack('>I4', stored, 3)
if revision ~= expected then return { 'conflict', revision } end

record = string.sub(record, 1, 6) .. string.sub(stored, 7, 48) .. string.sub(record, 49)
redis.call('HSET', SESSIONS, unique, record)
emit(EVENT.updated, 0, HANDLE .. unique, identity, NOW, record, raw, cause)
return { 'updated' }
