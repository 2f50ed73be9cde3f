#!lua flags=allow-oom
-- Records the latest generation of a bucket that was raised by an earlier release, which did not record it.
--
-- KEYS generations meta
-- ARGV field
-- 1

local latest = tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
if latest > tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0') then
  redis.call('HSET', KEYS[2], ARGV[1], latest)
end
return 1
