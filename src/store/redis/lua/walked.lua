#!lua flags=allow-oom
-- Notes that every user of the bucket has been swept since the generation was raised.
--
-- KEYS generations
-- ARGV generation
-- 1 when that was the latest, 0 when it has been raised again meanwhile

if redis.call('HGET', KEYS[1], 'walk') ~= ARGV[1] then return 0 end
return redis.call('HDEL', KEYS[1], 'walk')
