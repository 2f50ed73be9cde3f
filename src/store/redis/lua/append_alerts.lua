#!lua flags=allow-oom
-- Appends alerts to the stream in the order given, and publishes them. An alert whose ID is in the stream is skipped.
-- Then the stream is trimmed to its retention. If an archive has the alerts up to a position, no later alert is removed
-- because of its age.
--
-- KEYS stream ids last forgotten
-- ARGV channel keep age archived ...
--      (... id, alert)
-- number of alerts appended

local stream, ids, last, forgotten = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local channel, keep, age, archived = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

local function time_of(position)
  return tonumber(string.match(position, '^%d+'))
end

local previous = redis.call('HGET', last, 'p') or '0-0'
local appended = 0
for i = 5, #ARGV, 2 do
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
-- The time of the newest alert is the current time of the clock that the age is measured by.
local too_old = math.max(0, time_of(previous) - age)
local kept_from = string.format('%.0f', too_old)
if archived ~= '' and time_of(archived) < too_old then kept_from = archived end
cut = cut + redis.call('XTRIM', stream, 'MINID', kept_from)
if cut > 0 then
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  local before = function(time) return '(' .. string.format('%.0f', time) end
  redis.call('ZREMRANGEBYSCORE', ids, '-inf', before(oldest and time_of(oldest[1]) or time_of(previous) + 1))
  -- The alert that the oldest one names as the previous one may be among them.
  redis.call('ZREMRANGEBYSCORE', forgotten, '-inf', before(time_of(oldest and oldest[2][2] or previous)))
end
return appended
