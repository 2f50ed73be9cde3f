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

local profile = redis.call('HMGET', PROFILE, 'floor', 'v', 'm')
local own_floor, stored_version, marked = tonumber(profile[1] or '-1'), profile[2] or '0', profile[3]

-- A floor in the future was set by a clock that was ahead. It is lowered, so that later logins are not refused. The
-- floor of a mass revocation counts as now, and so does a statement about the future.
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

if history ~= '' and version ~= '' and version ~= stored_version then return { 'history_conflict' } end

-- Later than every earlier revocation, also within the same millisecond. So times show to the audit and to a sweep
-- which sessions a revocation has ended. A floor of the user that is further ahead was set by a wrong clock. A mass
-- revocation has its time from the server of its home bucket, however far that is ahead.
local created_at = NOW
if last_revoked <= NOW + LONGEST_WAIT then created_at = math.max(NOW, last_revoked + 1) end
created_at = math.max(created_at, mass.floor + 1)

clock.generation = mass.latest
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

if history ~= '' then write_history(stored_version, marked, history, version, keep_for) end
local counted = {}
for i = 1, findings do
  local first = 16 + i * 4
  local alert, key, window, on_eviction = unpack(ARGV, first, first + 3)
  if on_eviction == '0' then
    counted[#counted + 1] = { index = i - 1, alert = alert, key = key, window = tonumber(window), evicted = 0, record = '' }
  elseif evicted > 0 then
    counted[#counted + 1] =
      { index = i - 1, alert = alert, key = key, window = tonumber(window), evicted = evicted, record = evicted_record }
  end
end
local raised = raise_alerts(counted)
return { 'created', clock.generation, ended, raised, created_at }
