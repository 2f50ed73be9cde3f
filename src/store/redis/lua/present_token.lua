#!lua flags=allow-oom
-- Decides what a presented token is to its session, and acts on it. The rules are those of domain/rotation.rs.
--
-- ARGV caller identity timeout_cause unique secret number rotates successor grace repeats rotation_cause
-- ARGV ends alert reuse_cause
--      (rotates: '1' if the current token is to be rotated; repeats: '1' if a lost response may be repeated)
--      (ends: '1' if the session ends when the token was rotated out)
-- 'current' | 'accepted' | 'rotated' is_new record clock | 'superseded' | 'reused' {ended} | 'unknown' | 'not_found'

local unique, secret, number = ARGV[4], ARGV[5], tonumber(ARGV[6])
local rotates, successor, grace, repeats, rotation_cause =
  ARGV[7] == '1', ARGV[8], tonumber(ARGV[9]), ARGV[10] == '1', ARGV[11]
local ends, alert, reuse_cause = ARGV[12] == '1', ARGV[13], ARGV[14]

local IS_PRESENTED, ACCEPTS_PREVIOUS, REPEATS = 1, 2, 4

local function unpack_rotation(raw)
  local number, at, grace, state = struct.unpack('>I4I6I3B', raw)
  local has = function(flag) return state % (2 * flag) >= flag end
  return {
    number = number, is_within_grace = NOW < at + grace, state = state, is_presented = has(IS_PRESENTED),
    accepts_previous = has(ACCEPTS_PREVIOUS), repeats = has(REPEATS),
    previous = string.sub(raw, 15, 46), first = string.sub(raw, 47, 78),
  }
end

-- Returns 'current', 'accepted', 'superseded', 'reused' or 'unknown'.
local function standing(current, rotation)
  if secret == current then return 'current' end
  if not rotation then return 'unknown' end
  if secret == rotation.previous then
    if rotation.is_within_grace then return rotation.accepts_previous and 'accepted' or 'superseded' end
    return rotation.is_presented and 'reused' or 'superseded'
  end
  if number == 0 and secret == rotation.first then return 'reused' end
  if number > 0 and number < rotation.number - 1 then return 'reused' end
  return 'unknown'
end

-- Returns whether the previous token may be exchanged for the current one.
local function may_repeat(rotation)
  if rotation.is_within_grace then return rotation.accepts_previous end
  return rotation.repeats and not rotation.is_presented
end

local identity = stored_identity(ARGV[2])
if not identity or identity == '' then return { 'not_found' } end
local record, raw = redis.call('HGET', SESSIONS, unique), redis.call('HGET', CLOCKS, unique)
if not record or not raw then return { 'not_found' } end
local live, lapsed = load_sessions(identity, {}, 1)
local session, remaining
remaining = {}
for _, other in ipairs(live) do
  if other.unique == unique then session = other else remaining[#remaining + 1] = other end
end
if not session then
  end_lapsed_sessions(lapsed, identity)
  update_due_time(live, true)
  return { 'not_found' }
end

local current, raw_rotation = string.sub(record, 11, 42), rotation_of(record)
local rotation = raw_rotation ~= '' and unpack_rotation(raw_rotation) or nil
local result = standing(current, rotation)

if result == 'current' and rotates then
  local state = ACCEPTS_PREVIOUS + (repeats and REPEATS or 0)
  local count = math.min((rotation and rotation.number or 0) + 1, 4294967295)
  local next_rotation = struct.pack('>I4I6I3B', count, NOW, grace, state) .. current
    .. (rotation and rotation.first or current)
  local revision = math.min(struct.unpack('>I4', record, 3) + 1, 4294967295)
  record = changed_record(record, revision, successor, next_rotation, body_of(record))
  session.clock.last = math.max(session.clock.last, NOW)
  local clock = pack_clock(session.clock)
  redis.call('HSET', SESSIONS, unique, record)
  redis.call('HSET', CLOCKS, unique, clock)
  emit(EVENT.rotated, 0, HANDLE .. unique, identity, NOW, record, clock, rotation_cause)
  return { 'rotated', 1, record, clock }
end
if result == 'current' then
  if rotation and not rotation.is_presented then
    local noted = string.sub(raw_rotation, 1, 13) .. string.char(rotation.state + IS_PRESENTED)
      .. string.sub(raw_rotation, 15)
    local revision = struct.unpack('>I4', record, 3)
    redis.call('HSET', SESSIONS, unique, changed_record(record, revision, current, noted, body_of(record)))
  end
  return { 'current' }
end
if rotates and (result == 'accepted' or result == 'superseded') then
  if successor == current and may_repeat(rotation) then
    return { 'rotated', 0, record, pack_clock(session.clock) }
  end
  return { 'superseded' }
end
if result == 'reused' and ends then
  end_lapsed_sessions(lapsed, identity)
  local ended = end_session(session, identity, REASON.token_reused, NOW, reuse_cause)
  update_due_time(remaining, true)
  -- Fields 26 and 27 of the stored alert: it is the only one of its group.
  enqueue(FINDINGS, 'f', 'a', alert .. string.char(208, 1, 1, 216, 1, 1), 'n', 1, 'x', 0, 'r', '')
  return { 'reused', { ended } }
end
if result == 'reused' then return { 'reused', {} } end
return { result }
