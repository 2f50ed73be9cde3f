#!lua flags=allow-oom
-- Puts alerts at the end of the stream in the order given, and tells those who listen. One whose id is in
-- the stream is passed over. Then the stream is cut to what is kept of it.
--
-- KEYS stream ids last
-- ARGV channel keep age ...
--      (... id, alert)
-- number of alerts appended

local stream, ids, last = KEYS[1], KEYS[2], KEYS[3]
local channel, keep, age = ARGV[1], ARGV[2], tonumber(ARGV[3])

local function time_of(position)
  return tonumber(string.match(position, '^%d+'))
end

local previous = redis.call('HGET', last, 'p') or '0-0'
local appended = 0
for i = 4, #ARGV, 2 do
  local id, alert = ARGV[i], ARGV[i + 1]
  if not redis.call('ZSCORE', ids, id) then
    local position = redis.call('XADD', stream, '*', 'p', previous, 'a', alert)
    redis.call('ZADD', ids, time_of(position), id)
    redis.call('PUBLISH', channel, position .. ' ' .. previous .. ' ' .. alert)
    previous = position
    appended = appended + 1
  end
end
if appended == 0 then return 0 end

redis.call('HSET', last, 'p', previous)
local cut = redis.call('XTRIM', stream, 'MAXLEN', keep)
-- The newest alert is of this moment by the clock that the age goes by.
cut = cut + redis.call('XTRIM', stream, 'MINID', string.format('%.0f', math.max(0, time_of(previous) - age)))
if cut > 0 then
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  local kept_from = oldest and time_of(oldest[1]) or time_of(previous) + 1
  redis.call('ZREMRANGEBYSCORE', ids, '-inf', '(' .. string.format('%.0f', kept_from))
end
return appended
