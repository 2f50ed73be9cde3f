#!lua flags=allow-oom
-- Raises the generation of a tenant or of everyone in one bucket: every session made before is over.
--
-- KEYS generations operations outbox meta
-- ARGV caller field operation event scope cause
-- 1 when raised, 0 when the operation had been carried out here within a day
--
-- Where the record of earlier ones is lost, only signing everyone out is possible: it puts an end to whatever the lost ones
-- had ended, and the bucket is whole again.

local generations, operations, outbox, meta = unpack(KEYS)
local caller, field, operation, event, scope, cause = unpack(ARGV)
local DAY, REMEMBERED = 86400000, 1024
-- The latest revocations are listed in their order, so that a node reads only those that it has not read yet.
local LOGGED = 256

local now, refused = deciding_time(caller)
if refused then return refused end

local latest = tonumber(redis.call('HGET', generations, 'n') or '0')
local raised = tonumber(redis.call('HGET', meta, 'generation') or '0')
local lost = raised > latest
if lost and field ~= '*' then
  error('the record of mass revocations in this bucket is lost; sign everyone out with RevokeAll')
end
local carried_out = redis.call('HGET', operations, operation)
if carried_out and tonumber(carried_out) + DAY >= now and not lost then return 0 end
local known = redis.call('HLEN', operations)

if known >= REMEMBERED then
  local oldest, oldest_at = nil, math.huge
  local raw = redis.call('HGETALL', operations)
  for i = 1, #raw, 2 do
    if tonumber(raw[i + 1]) < oldest_at then oldest, oldest_at = raw[i], tonumber(raw[i + 1]) end
  end
  redis.call('HDEL', operations, oldest)
end
local generation = math.max(latest, raised) + 1
redis.call('HSET', meta, 'generation', generation)
local raised_at = struct.pack('>I4I6', generation, now)
redis.call('HSET', generations, 'n', generation, 'walk', generation, field, raised_at .. cause,
  'r' .. generation % LOGGED, raised_at .. field)
redis.call('HSET', operations, operation, now)
redis.call('PEXPIRE', operations, DAY)
redis.call('XADD', outbox, '*', 'k', 5, 'y', 0, 's', event, 'o', scope, 't', now, 'r', '', 'c', '', 'w', cause)
announce('e')
return 1
