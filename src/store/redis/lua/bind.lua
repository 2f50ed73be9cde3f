#!lua
-- Binds a part of the store that is not bound yet; a bound part stays as it is. The part starts with a checkpoint, so
-- that nodes that knew its former data do not take it for an older copy.
--
-- KEYS meta
-- ARGV ...
--      (... field, value)
-- 1

for i = 1, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSETNX', KEYS[1], 'checkpoint', server_time())
return 1
