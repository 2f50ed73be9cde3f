#!lua flags=allow-oom
-- Moves the last activity of sessions of one bucket forward, never back. A session that had timed out by
-- then is not there.
--
-- KEYS the clocks hash of each session, in the order of ARGV
-- ARGV bounded ...
--      (bounded is '1': activity counts as of the server's time at the latest)
--      (... unique and time for each)
-- {last activity now stored, or false where there is no such session}

local latest = ARGV[1] == '1' and server_time() or math.huge

local stored = {}
for i, clocks in ipairs(KEYS) do
  local unique, at = ARGV[2 * i], math.min(tonumber(ARGV[2 * i + 1]), latest)
  local raw = redis.call('HGET', clocks, unique)
  stored[i] = false
  if raw then
    local last, idle, margin, expires = struct.unpack('>I6I6I3I6', raw)
    if at < expires and (idle == 0 or at <= last + idle + margin) then
      stored[i] = math.max(last, at)
      if at > last then redis.call('HSET', clocks, unique, struct.pack('>I6', at) .. string.sub(raw, 7)) end
    end
  end
end
return stored
