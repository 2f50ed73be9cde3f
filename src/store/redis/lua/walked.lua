#!lua flags=allow-oom
-- Notes that every user of the bucket has been swept since a generation was raised, and removes what no session needs any
-- more: a mass revocation whose sessions are all gone, once no login that was proven before it is accepted anyway.
--
-- KEYS generations meta
--      (generations: 'walk' -> the generation that is walked for; 'walked' -> up to which all sessions that it ended are
--      gone; 'prune' -> when the next entry may go)
-- ARGV caller generation complete
--      (generation is 0 where no walk has ended; complete is '1' where every user could be read)
-- nil

local generations = KEYS[1]
local DAY = 86400000
-- A login older than this is refused anyway.
local LOGIN_AGE = 90 * DAY

local now, refused = deciding_time(ARGV[1])
if refused then return refused end

local generation, walked = tonumber(ARGV[2]), tonumber(redis.call('HGET', generations, 'walked') or '0')
if generation > 0 then
  if redis.call('HGET', generations, 'walk') == ARGV[2] then redis.call('HDEL', generations, 'walk') end
  if ARGV[3] == '1' and generation > walked then
    walked = generation
    redis.call('HSET', generations, 'walked', walked)
  end
end

local next_at, raw = math.huge, redis.call('HGETALL', generations)
for i = 1, #raw, 2 do
  local kind = string.sub(raw[i], 1, 1)
  if raw[i] == '*' or kind == 't' then
    local raised, at = struct.unpack('>I4I6', raw[i + 1])
    if raised <= walked then
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
