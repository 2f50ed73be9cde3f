#!lua flags=allow-oom
-- Starts a mass revocation in the home bucket of its scope: decides its time, stores its cause, appends its one event
-- and raises the generation of this bucket. The other buckets follow with raise_generation.lua; until all have, the
-- home bucket lists the revocation as unfinished.
--
-- KEYS revocations unfinished generations outbox meta
--      (revocations: 'o' operation -> at 6; 'c' at 6 -> cause. unfinished: field -> at 6, followed by finished at 6 if
--      that took long)
-- ARGV caller field operation event scope cause
-- the time of the revocation; for an operation that was carried out within a day, its time then
--
-- The times of a scope only grow, so a bucket knows by the time alone whether it has applied a revocation.

local revocations, unfinished, generations, outbox, meta = unpack(KEYS)
local caller, field, operation, event, scope, cause = unpack(ARGV)
local DAY = 86400000
-- Number of operation IDs and causes that are kept for a scope. The cause of an older revocation is not known any more.
local OPERATIONS, CAUSES = 256, 32
-- Longer than a verdict on a session that it ended can refer to its cause.
local CAUSE_TTL = 90 * DAY

local function packed_time(time) return struct.pack('>I6', time) end
local function time_of(raw) return (struct.unpack('>I6', raw)) end

-- Removes the oldest operation IDs and causes beyond these numbers.
local function prune(now)
  local operations, causes, raw = {}, {}, redis.call('HGETALL', revocations)
  for i = 1, #raw, 2 do
    if string.sub(raw[i], 1, 1) == 'o' then
      operations[#operations + 1] = { field = raw[i], at = time_of(raw[i + 1]) }
    else
      causes[#causes + 1] = { field = raw[i], at = time_of(string.sub(raw[i], 2)) }
    end
  end
  local function latest_first(a, b) return a.at > b.at end
  table.sort(operations, latest_first)
  table.sort(causes, latest_first)
  for i, entry in ipairs(operations) do
    if i > OPERATIONS or entry.at + DAY < now then redis.call('HDEL', revocations, entry.field) end
  end
  for i = CAUSES + 1, #causes do redis.call('HDEL', revocations, causes[i].field) end
end

local now, refused = deciding_time(caller)
if refused then return refused end

local known = redis.call('HGET', revocations, 'o' .. operation)
if known and time_of(known) + DAY >= now then return time_of(known) end

local at, stored = now, redis.call('HGET', generations, field)
if stored then
  local _, stored_at = struct.unpack('>I4I6', stored)
  at = math.max(at, stored_at + 1)
end
raise(generations, meta, field, at)
redis.call('HSET', revocations, 'o' .. operation, packed_time(at), 'c' .. packed_time(at), cause)
redis.call('PEXPIRE', revocations, CAUSE_TTL)
if redis.call('HLEN', revocations) > CAUSES then prune(now) end
redis.call('HSET', unfinished, field, packed_time(at))
redis.call('HSET', generations, 'unfinished', 1)
redis.call('XADD', outbox, '*', 'k', 5, 'y', 0, 's', event, 'o', scope, 't', at, 'r', '', 'c', '', 'w', cause)
announce('e')
return at
