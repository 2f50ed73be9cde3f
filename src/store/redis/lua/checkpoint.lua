#!lua
-- Advances the checkpoint of a server: the newest time at which this store is known to have existed. A server that was
-- rolled back to an older copy has an older one than the caller knows. That is recorded, and stays until the store is
-- adopted. The script is declared as a write that needs memory, so it proves that the server accepts writes.
--
-- KEYS meta
-- ARGV installation known tolerance
--      (known: the newest checkpoint that the caller has seen; tolerance: the time that a crash may lose; both in
--      milliseconds)
-- 'advanced' checkpoint lost audited | 'went_back' found known
--      (lost: the time by which the server went back, in milliseconds, at most the tolerance)

local refused = binding_error(ARGV[1])
if refused then return refused end

local known, tolerance = tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = redis.call('HMGET', KEYS[1], 'checkpoint', 'audited', 'went_back')
local found, audited, went_back = tonumber(stored[1] or '0'), tonumber(stored[2] or '0'), tonumber(stored[3])
if went_back or found + tolerance < known then
  redis.call('HSET', KEYS[1], 'went_back', went_back or known)
  return { 'went_back', found, went_back or known }
end
local checkpoint = math.max(found, known, server_time())
redis.call('HSET', KEYS[1], 'checkpoint', checkpoint)
return { 'advanced', checkpoint, math.max(0, known - found), audited }
