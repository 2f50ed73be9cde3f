#!lua flags=allow-oom
-- Records in the home bucket that a mass revocation has reached every bucket. A slow one stays listed for a while with
-- the time at which it was finished: until every bucket has been swept after that, some of its endings may be missing.
--
-- KEYS unfinished generations meta
--      (generations: 'unfinished' exists while one is listed)
-- ARGV caller field at
-- 1 if the list has changed

local SLOW, FINISHED_RETENTION = 2000, 3600000

local now, refused = deciding_time(ARGV[1])
if refused then return refused end

local field, at = ARGV[2], tonumber(ARGV[3])
local stored = redis.call('HGET', KEYS[1], field)
if not stored or struct.unpack('>I6', stored) ~= at then return 0 end
local finished_at = string.len(stored) == 12 and struct.unpack('>I6', stored, 7) or nil
if finished_at and finished_at + FINISHED_RETENTION > now then return 0 end
if finished_at or now - at < SLOW then
  if redis.call('HLEN', KEYS[1]) == 1 then redis.call('HDEL', KEYS[2], 'unfinished') end
  return redis.call('HDEL', KEYS[1], field)
end
redis.call('HSET', KEYS[1], field, struct.pack('>I6I6', at, now))
return 1
