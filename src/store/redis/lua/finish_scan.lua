#!lua flags=allow-oom
-- Records that every user of the bucket has been swept since a generation was raised, and removes the mass revocations
-- that are no longer needed: their sessions are all gone, and no login that was authenticated before them is accepted.
--
-- KEYS generations meta
--      (generations: 'walk' -> the generation that users are scanned for; 'walked' -> the generation up to which all
--      ended sessions are gone; 'prune' -> the time at which the next entry may be removed)
-- ARGV caller generation complete
--      (generation is 0 if no scan has ended; complete is '1' if every user could be read)
-- nil

local generations = KEYS[1]
local DAY = 86400000
-- A login older than this is refused anyway.
local LOGIN_AGE = 90 * DAY

local now, refused = deciding_time(ARGV[1])
if refused then return refused end

local generation, scanned = tonumber(ARGV[2]), tonumber(redis.call('HGET', generations, 'walked') or '0')
if generation > 0 then
  if redis.call('HGET', generations, 'walk') == ARGV[2] then redis.call('HDEL', generations, 'walk') end
  if ARGV[3] == '1' and generation > scanned then
    scanned = generation
    redis.call('HSET', generations, 'walked', scanned)
  end
end

local next_at, raw = math.huge, redis.call('HGETALL', generations)
for i = 1, #raw, 2 do
  local kind = string.sub(raw[i], 1, 1)
  if raw[i] == '*' or kind == 't' then
    local raised, at = struct.unpack('>I4I6', raw[i + 1])
    if raised <= scanned then
      if at + LOGIN_AGE < now then redis.call('HDEL', generations, raw[i]) else next_at = math.min(next_at, at) end
    end
  end
end
if next_at < math.huge then
  redis.call('HSET', generations, 'prune', string.format('%.0f', next_at + LOGIN_AGE + 1))
else
  redis.call('HDEL', generations, 'prune')
end
return nil
