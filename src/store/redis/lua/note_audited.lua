#!lua flags=allow-oom
-- Records the newest checkpoint that the audit database has.
--
-- KEYS meta
-- ARGV installation checkpoint
-- 1

local refused = binding_error(ARGV[1])
if refused then return refused end

local known = tonumber(redis.call('HGET', KEYS[1], 'audited') or '0')
redis.call('HSET', KEYS[1], 'audited', math.max(known, tonumber(ARGV[2])))
return 1
