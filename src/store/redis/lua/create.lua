#!lua
-- Creates a session, and ends the sessions that it replaces or evicts.
--
-- ARGV caller identity timeout_cause unique record clock limit refuse authenticated_at replace request body nonce key cause
-- ARGV history version keep_for findings ...
--      (authenticated_at is empty for a login that happens now)
--      (history is empty if none is written, and version if any version is accepted)
--      (... as many findings as stated: alert, key, dedup_window, on_eviction; then pending touches: unique, time)
-- 'created' generation {ended} {{finding, count, evicted, record}} created_at
-- | 'repeated' unique record clock nonce key | 'repeated_ended' | 'request_reused' | 'limit_reached' active
-- | 'authenticated_before_revocation' floor | 'history_conflict' | 'collision'
-- Any outcome but 'created' has changed nothing, except for a floor in the future.

local unique, record, clock = ARGV[4], ARGV[5], unpack_clock(ARGV[6])
local limit, refuse, authenticated_at, replace = tonumber(ARGV[7]), ARGV[8] == '1', tonumber(ARGV[9]), ARGV[10] == '1'
local request, body, nonce, key, cause = ARGV[11], ARGV[12], ARGV[13], ARGV[14], ARGV[15]

local history, version, keep_for, findings = ARGV[16], ARGV[17], tonumber(ARGV[18]), tonumber(ARGV[19])

-- Maximum number of deduplication entries, each with the time of the last alert for its key, and their minimum
-- retention.
local MAX_DEDUP_ENTRIES = 16
local DEDUP_RETENTION = 30 * DAY

local function dedup_entries()
  local known, raw = {}, redis.call('HGETALL', PROFILE)
  for i = 1, #raw, 2 do
    if string.len(raw[i]) == 9 and string.sub(raw[i], 1, 1) == 'd' then
      known[#known + 1] = { field = raw[i], at = struct.unpack('>I6', raw[i + 1]) }
    end
  end
  return known
end

-- Removes the deduplication entries with the oldest alerts.
local function prune_dedup_entries()
  local known = dedup_entries()
  if #known <= MAX_DEDUP_ENTRIES then return end
  table.sort(known, function(a, b)
    if a.at ~= b.at then return a.at > b.at end
    return precedes(string.sub(b.field, 2), string.sub(a.field, 2))
  end)
  for i = MAX_DEDUP_ENTRIES + 1, #known do redis.call('HDEL', PROFILE, known[i].field) end
end

-- Returns the number of findings that an alert for the key stands for; nil while the deduplication window is open.
local function count_finding(key, dedup_window)
  local at, count = nil, 0
  local known = redis.call('HGET', PROFILE, 'd' .. key)
  if known then at, count = struct.unpack('>I6I4', known) end
  if at and dedup_window > 0 and math.abs(NOW - at) < dedup_window then
    redis.call('HSET', PROFILE, 'd' .. key, struct.pack('>I6I4', at, math.min(count + 1, 4294967295)))
    return nil
  end
  redis.call('HSET', PROFILE, 'd' .. key, struct.pack('>I6I4', NOW, 0))
  return count + 1
end

local identity = stored_identity(ARGV[2])
if not identity then return { 'collision' } end

local live, lapsed, mass = load_sessions(identity, ARGV, 20 + findings * 4)

if request ~= '' then
  local known = redis.call('HGET', REQUESTS, 'r' .. request)
  if known and struct.unpack('>I6', known) + DAY >= NOW then
    if string.sub(known, 7, 22) ~= body then return { 'request_reused' } end
    local made = string.sub(known, 40, 47)
    for _, session in ipairs(live) do
      if session.unique == made then
        return { 'repeated', made, redis.call('HGET', SESSIONS, made), pack_clock(session.clock),
          string.sub(known, 23, 38), string.sub(known, 39, 39) }
      end
    end
    return { 'repeated_ended' }
  end
end

-- A floor in the future was set by a clock that was ahead. It is lowered, so that later logins are not refused. The
-- floor of a mass revocation counts as now, and so does a statement about the future.
local own_floor = tonumber(redis.call('HGET', PROFILE, 'floor') or '-1')
local last_revoked = math.max(own_floor, mass.floor)
if own_floor > NOW then
  own_floor = NOW
  redis.call('HSET', PROFILE, 'floor', NOW)
end
local floor = math.max(own_floor, math.min(mass.floor, NOW))
if authenticated_at and math.min(authenticated_at, NOW) <= floor then
  return { 'authenticated_before_revocation', floor }
end

local remaining, replaced = {}, {}
for _, session in ipairs(live) do
  local list = (replace and session.clock.device == clock.device) and replaced or remaining
  list[#list + 1] = session
end
if #remaining >= limit and refuse then return { 'limit_reached', #remaining } end

local stored_version = redis.call('HGET', PROFILE, 'v') or '0'
if history ~= '' and version ~= '' and version ~= stored_version then return { 'history_conflict' } end

-- Later than every earlier revocation, also within the same millisecond. So times show to the audit and to a sweep
-- which sessions a revocation has ended. A floor of the user that is further ahead was set by a wrong clock. A mass
-- revocation has its time from the server of its home bucket, however far that is ahead.
local created_at = NOW
if last_revoked <= NOW + LONGEST_WAIT then created_at = math.max(NOW, last_revoked + 1) end
created_at = math.max(created_at, mass.floor + 1)

clock.generation = latest_generation()
clock.last = math.max(clock.last, created_at)
record = string.sub(record, 1, 6) .. struct.pack('>I4', clock.generation) .. string.sub(record, 11, 42)
  .. struct.pack('>I6', created_at) .. string.sub(record, 49)
-- Written before the others are removed, so that the key of the clocks does not vanish with the last of them.
redis.call('HSET', SESSIONS, '@', identity, unique, record)
redis.call('HSET', CLOCKS, unique, pack_clock(clock))

local ended = end_lapsed_sessions(lapsed, identity)
for _, session in ipairs(replaced) do
  ended[#ended + 1] = end_session(session, identity, REASON.replaced, NOW, cause)
end
local evicted, evicted_record = 0, ''
while #remaining >= limit do
  ended[#ended + 1] = end_session(table.remove(remaining, 1), identity, REASON.evicted, NOW, cause)
  evicted = evicted + 1
  if evicted == 1 then evicted_record = ended[#ended][4] end
end
write_touches(remaining)
emit(EVENT.created, 0, HANDLE .. unique, identity, created_at, record, pack_clock(clock), cause)
if request ~= '' then
  redis.call('HSET', REQUESTS, 'r' .. request, struct.pack('>I6', NOW) .. body .. nonce .. key .. unique)
  prune(REQUESTS)
end
remaining[#remaining + 1] = { unique = unique, clock = clock }
update_due_time(remaining, #ended > 0)

if history ~= '' then write_history(history, version, keep_for) end
local raised = {}
for i = 1, findings do
  local first = 16 + i * 4
  local dedup_key, dedup_window, on_eviction = unpack(ARGV, first + 1, first + 3)
  if on_eviction == '0' or evicted > 0 then
    local count = count_finding(dedup_key, tonumber(dedup_window))
    if count then
      local number, previous = 0, ''
      if on_eviction == '1' then number, previous = evicted, evicted_record end
      raised[#raised + 1] = { i - 1, count, number, previous }
    end
    keep_profile(DEDUP_RETENTION)
  end
end
for position, finding in ipairs(raised) do
  -- Fields 26 and 27 of the stored alert: its position in the group of this login, and the size of the group. Both are
  -- at most 16, so a byte each.
  local alert = ARGV[20 + finding[1] * 4] .. string.char(208, 1, position, 216, 1, #raised)
  enqueue(FINDINGS, 'f', 'a', alert, 'n', finding[2], 'x', finding[3], 'r', finding[4])
end
if findings > 0 then prune_dedup_entries() end
return { 'created', clock.generation, ended, raised, created_at }
