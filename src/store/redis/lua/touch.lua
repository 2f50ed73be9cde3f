#!lua flags=allow-oom
-- Moves the last activity of sessions of one bucket forward, never back.
--
-- KEYS the clocks hash of each session, in the order of ARGV
-- ARGV unique and time for each
-- {last activity now stored, or false where there is no such session}

local stored = {}
for i, clocks in ipairs(KEYS) do
  local unique, at = ARGV[2 * i - 1], tonumber(ARGV[2 * i])
  local raw = redis.call('HGET', clocks, unique)
  if not raw then
    stored[i] = false
  else
    local last = struct.unpack('>I6', raw)
    if at > last then
      redis.call('HSET', clocks, unique, struct.pack('>I6', at) .. string.sub(raw, 7))
      last = at
    end
    stored[i] = last
  end
end
return stored
