#!lua flags=allow-oom
-- Puts alerts at the end of the stream in the order given, and tells those who listen. One whose id is in
-- the stream is passed over. Then the stream is cut to what is kept of it: of an archive that has alerts up to a
-- position, none after that goes for its age.
--
-- KEYS stream ids last gone
-- ARGV channel keep age archived ...
--      (... id, alert)
-- number of alerts appended

local stream, ids, last, gone = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
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
-- The newest alert is of this moment by the clock that the age goes by.
local too_old = math.max(0, time_of(previous) - age)
local kept_from = string.format('%.0f', too_old)
if archived ~= '' and time_of(archived) < too_old then kept_from = archived end
cut = cut + redis.call('XTRIM', stream, 'MINID', kept_from)
if cut > 0 then
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  local before = function(time) return '(' .. string.format('%.0f', time) end
  redis.call('ZREMRANGEBYSCORE', ids, '-inf', before(oldest and time_of(oldest[1]) or time_of(previous) + 1))
  -- The alert that the oldest one names may be among them.
  redis.call('ZREMRANGEBYSCORE', gone, '-inf', before(time_of(oldest and oldest[2][2] or previous)))
end
return appended
