-- Raising the generation of one bucket: what the two scripts of a mass revocation share. It stands before both.

-- Every session of the scope that was made before is over from here on. Does nothing where the scope was revoked at `at`
-- or later. Returns 1 when raised, else 0.
--
-- Where the record of earlier ones is lost, only signing everyone out is possible: it puts an end to whatever the lost
-- ones had ended, and the bucket is whole again.
--
-- The latest revocations are listed in their order, so that a node reads only those that it has not read yet.
local LOGGED = 256

local function raise(generations, meta, field, at)
  local latest = tonumber(redis.call('HGET', generations, 'n') or '0')
  local raised = tonumber(redis.call('HGET', meta, 'generation') or '0')
  local lost = raised > latest
  if lost and field ~= '*' then
    error('the record of mass revocations in this bucket is lost; sign everyone out with RevokeAll')
  end
  local stored = redis.call('HGET', generations, field)
  if stored and not lost then
    local _, stored_at = struct.unpack('>I4I6', stored)
    if stored_at >= at then return 0 end
  end
  local generation = math.max(latest, raised) + 1
  redis.call('HSET', meta, 'generation', generation)
  local raised_at = struct.pack('>I4I6', generation, at)
  -- The last byte says that the cause lies in the home bucket of the scope.
  redis.call('HSET', generations, 'n', generation, 'walk', generation, field, raised_at .. '\0',
    'r' .. generation % LOGGED, raised_at .. field)
  return 1
end
