-- Raising the generation of one bucket: the part that both scripts of a mass revocation share. It precedes each of
-- them.

-- Ends every session of the scope that was created before. Does nothing if the scope was revoked at `at` or later.
-- Returns 1 if the generation was raised, else 0.
--
-- If the earlier mass revocations are lost, only a revocation of everyone is possible. It ends every session that the
-- lost ones had ended, and the bucket is complete again.
--
-- The latest revocations are listed in order, so that a node reads only those that it has not read yet.
local LOGGED = 256

local function raise(generations, meta, field, at)
  local latest = tonumber(redis.call('HGET', generations, 'n') or '0')
  local raised = tonumber(redis.call('HGET', meta, 'generation') or '0')
  local lost = raised > latest
  if lost and field ~= '*' then
    error('the mass revocations of this bucket are lost; sign everyone out with RevokeAll')
  end
  local stored = redis.call('HGET', generations, field)
  if stored and not lost then
    local _, stored_at = struct.unpack('>I4I6', stored)
    if stored_at >= at then return 0 end
  end
  local generation = math.max(latest, raised) + 1
  redis.call('HSET', meta, 'generation', generation)
  local raised_at = struct.pack('>I4I6', generation, at)
  -- The last byte means that the cause is in the home bucket of the scope.
  redis.call('HSET', generations, 'n', generation, 'walk', generation, field, raised_at .. '\0',
    'r' .. generation % LOGGED, raised_at .. field)
  return 1
end
