#!lua
-- Makes a session, and ends those that give way to it.
--
-- ARGV caller identity timeout_cause unique record clock limit refuse authenticated_at replace request body nonce key cause
-- ARGV history version keep_for findings ...
--      (authenticated_at is empty for a login that happens now)
--      (history is empty where none is written, and version where any will do)
--      (... as many findings as stated: alert, key, quiet_for, on_eviction; then pending touches: unique, time)
-- 'created' generation {ended} {{finding, count, evicted, record}} created_at | 'repeated' unique record clock nonce key
-- | 'repeated_ended' | 'request_reused' | 'limit' live | 'floor' time | 'moved' | 'collision'
-- Anything but 'created' has changed nothing, but for a floor in the future.

local unique, record, clock = ARGV[4], ARGV[5], clock_of(ARGV[6])
local limit, refuse, authenticated_at, replace = tonumber(ARGV[7]), ARGV[8] == '1', tonumber(ARGV[9]), ARGV[10] == '1'
local request, body, nonce, key, cause = ARGV[11], ARGV[12], ARGV[13], ARGV[14], ARGV[15]

local history, version, keep_for, findings = ARGV[16], ARGV[17], tonumber(ARGV[18]), tonumber(ARGV[19])

-- Matters of which it is remembered when they last raised an alert, and for how long at least.
local QUIET_MATTERS = 16
local QUIET_AGE = 30 * DAY

local function matters()
  local known, raw = {}, redis.call('HGETALL', PROFILE)
  for i = 1, #raw, 2 do
    if string.len(raw[i]) == 9 and string.sub(raw[i], 1, 1) == 'd' then
      known[#known + 1] = { field = raw[i], at = struct.unpack('>I6', raw[i + 1]) }
    end
  end
  return known
end

-- Forgets the matters that have been quiet the longest.
local function prune_matters()
  local known = matters()
  if #known <= QUIET_MATTERS then return end
  table.sort(known, function(a, b)
    if a.at ~= b.at then return a.at > b.at end
    return precedes(string.sub(b.field, 2), string.sub(a.field, 2))
  end)
  for i = QUIET_MATTERS + 1, #known do redis.call('HDEL', PROFILE, known[i].field) end
end

-- How many findings an alert of that key stands for; nil when it is not yet time for another.
local function times_found(key, quiet_for)
  local at, count = nil, 0
  local known = redis.call('HGET', PROFILE, 'd' .. key)
  if known then at, count = struct.unpack('>I6I4', known) end
  if at and quiet_for > 0 and math.abs(NOW - at) < quiet_for then
    redis.call('HSET', PROFILE, 'd' .. key, struct.pack('>I6I4', at, math.min(count + 1, 4294967295)))
    return nil
  end
  redis.call('HSET', PROFILE, 'd' .. key, struct.pack('>I6I4', NOW, 0))
  return count + 1
end

local identity = identity_of(ARGV[2])
if not identity then return { 'collision' } end

local live, gone, mass = survey(identity, ARGV, 20 + findings * 4)

if request ~= '' then
  local known = redis.call('HGET', REQUESTS, 'r' .. request)
  if known and struct.unpack('>I6', known) + DAY >= NOW then
    if string.sub(known, 7, 22) ~= body then return { 'request_reused' } end
    local made = string.sub(known, 40, 47)
    for _, session in ipairs(live) do
      if session.unique == made then
        return { 'repeated', made, redis.call('HGET', SESSIONS, made), packed(session.clock),
          string.sub(known, 23, 38), string.sub(known, 39, 39) }
      end
    end
    return { 'repeated_ended' }
  end
end

-- A floor in the future was left by a clock that was ahead: it is lowered, so that whoever signs in after this is not kept
-- out. That of a mass revocation counts as now. A statement about the future does, too.
local own_floor = tonumber(redis.call('HGET', PROFILE, 'floor') or '-1')
local last_revoked = math.max(own_floor, mass.floor)
if own_floor > NOW then
  own_floor = NOW
  redis.call('HSET', PROFILE, 'floor', NOW)
end
local floor = math.max(own_floor, math.min(mass.floor, NOW))
if authenticated_at and math.min(authenticated_at, NOW) <= floor then return { 'floor', floor } end

local staying, replaced = {}, {}
for _, session in ipairs(live) do
  local list = (replace and session.clock.device == clock.device) and replaced or staying
  list[#list + 1] = session
end
if #staying >= limit and refuse then return { 'limit', #staying } end

local stored_version = redis.call('HGET', PROFILE, 'v') or '0'
if history ~= '' and version ~= '' and version ~= stored_version then return { 'moved' } end

-- Later than every revocation before it, also within the same millisecond: so times tell which sessions one has ended, to
-- the audit and to a sweep. A user's own that is further ahead was stated by a clock that was wrong. A mass revocation has
-- its time from the server of its home bucket, however far that is ahead.
local created_at = NOW
if last_revoked <= NOW + LONGEST_WAIT then created_at = math.max(NOW, last_revoked + 1) end
created_at = math.max(created_at, mass.floor + 1)

clock.generation = latest_generation()
clock.last = math.max(clock.last, created_at)
record = string.sub(record, 1, 6) .. struct.pack('>I4', clock.generation) .. string.sub(record, 11, 42)
  .. struct.pack('>I6', created_at) .. string.sub(record, 49)
-- Before the others go, so that the clocks do not vanish with the last of them.
redis.call('HSET', SESSIONS, '@', identity, unique, record)
redis.call('HSET', CLOCKS, unique, packed(clock))

local ended = finish_over(gone, identity)
for _, session in ipairs(replaced) do
  ended[#ended + 1] = finish(session, identity, REASON.replaced, NOW, cause)
end
local evicted, evicted_record = 0, ''
while #staying >= limit do
  ended[#ended + 1] = finish(table.remove(staying, 1), identity, REASON.evicted, NOW, cause)
  evicted = evicted + 1
  if evicted == 1 then evicted_record = ended[#ended][4] end
end
write_touches(staying)
emit(EVENT.created, 0, HANDLE .. unique, identity, created_at, record, packed(clock), cause)
if request ~= '' then
  redis.call('HSET', REQUESTS, 'r' .. request, struct.pack('>I6', NOW) .. body .. nonce .. key .. unique)
  prune(REQUESTS)
end
staying[#staying + 1] = { unique = unique, clock = clock }
settle(staying, #ended > 0)

if history ~= '' then
  redis.call('HSET', PROFILE, 'h', history, 'v', string.format('%.0f', tonumber(stored_version) + 1))
  -- The caller has taken out of this history what was marked when it read that version.
  if version ~= '' then
    local raw = redis.call('HGETALL', PROFILE)
    for i = 1, #raw, 2 do
      if string.len(raw[i]) == 9 and string.sub(raw[i], 1, 1) == 'x' then redis.call('HDEL', PROFILE, raw[i]) end
    end
  end
  keep_profile(keep_for)
end
local raised = {}
for i = 1, findings do
  local first = 16 + i * 4
  local matter, quiet_for, on_eviction = unpack(ARGV, first + 1, first + 3)
  if on_eviction == '0' or evicted > 0 then
    local count = times_found(matter, tonumber(quiet_for))
    if count then
      local number, previous = 0, ''
      if on_eviction == '1' then number, previous = evicted, evicted_record end
      raised[#raised + 1] = { i - 1, count, number, previous }
    end
    keep_profile(QUIET_AGE)
  end
end
for position, finding in ipairs(raised) do
  -- Fields 26 and 27 of the stored alert, its place among those of this login: at most 16, so a byte each.
  local alert = ARGV[20 + finding[1] * 4] .. string.char(208, 1, position, 216, 1, #raised)
  enqueue(FINDINGS, 'f', 'a', alert, 'n', finding[2], 'x', finding[3], 'r', finding[4])
end
if findings > 0 then prune_matters() end
return { 'created', clock.generation, ended, raised, created_at }
