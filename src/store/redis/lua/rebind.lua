#!lua flags=allow-oom
-- Binds a part of the store whatever it was bound to. Removes the mark of a rollback, the audited checkpoint and the
-- token keys in use.
--
-- KEYS meta
-- ARGV ...
--      (... field, value)
-- 1

local stored = redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
  if string.find(stored[i], '^key:') then redis.call('HDEL', KEYS[1], stored[i]) end
end
redis.call('HDEL', KEYS[1], 'went_back', 'audited')
redis.call('HSET', KEYS[1], 'checkpoint', server_time(), unpack(ARGV))
return 1
