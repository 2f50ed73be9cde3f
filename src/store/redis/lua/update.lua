#!lua
-- Replaces the record of an active session. The generation and the time of the login stay as stored. The secret and the
-- rotation stay, too, unless the token is replaced; then the rotation must be the one given as `before`.
--
-- ARGV caller identity timeout_cause unique expected record cause replaces before
--      (replaces: '1' if the record has the new secret and rotation; before: empty if the token was never rotated)
-- 'updated' | 'conflict' revision | 'not_found' | 'collision'

local unique, expected, record, cause = ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7]
local replaces, before = ARGV[8] == '1', ARGV[9]

local identity = stored_identity(ARGV[2])
if not identity then return { 'collision' } end
local stored, raw = redis.call('HGET', SESSIONS, unique), redis.call('HGET', CLOCKS, unique)
if not stored or not raw then return { 'not_found' } end
local clock = unpack_clock(raw)
if end_reason(clock, mass_revocation(tenant_of(identity))) then
  local live, lapsed = load_sessions(identity, {}, 1)
  end_lapsed_sessions(lapsed, identity)
  update_due_time(live, true)
  return { 'not_found' }
end
local revision = struct.unpack('>I4', stored, 3)
if revision ~= expected or (replaces and rotation_of(stored) ~= before) then return { 'conflict', revision } end

local secret, rotation = string.sub(stored, 11, 42), rotation_of(stored)
if replaces then
  secret, rotation = string.sub(record, 11, 42), rotation_of(record)
  rotation = string.sub(rotation, 1, 4) .. struct.pack('>I6', NOW) .. string.sub(rotation, 11)
end
record = changed_record(stored, struct.unpack('>I4', record, 3), secret, rotation, body_of(record))
redis.call('HSET', SESSIONS, unique, record)
emit(EVENT.updated, 0, HANDLE .. unique, identity, NOW, record, raw, cause)
return { 'updated' }
