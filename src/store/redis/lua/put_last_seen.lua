#!lua
-- Stores the clients that were seen last with sessions of one bucket, next to their records. A session that does not
-- exist is left out.
--
-- KEYS ... meta
--      (... the hash of sessions of each session, in the order of ARGV)
-- ARGV installation ...
--      (... unique and client for each)
-- {1, or false if there is no such session}

local refused = binding_error(ARGV[1])
if refused then return refused end

local stored = {}
for i = 1, #KEYS - 1 do
  local sessions, unique, client = KEYS[i], ARGV[2 * i], ARGV[2 * i + 1]
  stored[i] = redis.call('HGET', sessions, unique) ~= false
  if stored[i] then redis.call('HSET', sessions, 'l' .. unique, client) end
end
return stored
