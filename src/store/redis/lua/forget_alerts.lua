#!lua flags=allow-oom
-- Removes alerts from the stream, oldest first, and records for each the previous one that remained.
--
-- KEYS stream forgotten
-- ARGV ...
--      (... position, previous)
-- number of alerts removed

local stream, forgotten = KEYS[1], KEYS[2]

local function time_of(position)
  return string.match(position, '^%d+')
end

-- Returns the previous position that remained: the alert before a removed one may have been removed earlier.
local function previous_remaining(position)
  local time = time_of(position)
  for _, note in ipairs(redis.call('ZRANGEBYSCORE', forgotten, time, time)) do
    local removed, previous = string.match(note, '^(%S+) (%S+)$')
    if removed == position then return previous end
  end
  return position
end

local removed = 0
for i = 1, #ARGV, 2 do
  local position, previous = ARGV[i], ARGV[i + 1]
  if redis.call('XDEL', stream, position) == 1 then
    redis.call('ZADD', forgotten, time_of(position), position .. ' ' .. previous_remaining(previous))
    removed = removed + 1
  end
end
return removed
