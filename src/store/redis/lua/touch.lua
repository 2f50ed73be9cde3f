#!lua flags=allow-oom
-- Moves the last activity of sessions of one bucket forward, never back. A session that had timed out by then counts as
-- missing.
--
-- KEYS ... meta
--      (... the clocks hash of each session, in the order of ARGV)
-- ARGV installation bounded ...
--      (bounded is '1': activity is limited to the server's time)
--      (... unique and time for each)
-- {last activity now stored, or false if there is no such session}

local refused = binding_error(ARGV[1])
if refused then return refused end
local latest = ARGV[2] == '1' and server_time() or math.huge

local stored = {}
for i = 1, #KEYS - 1 do
  local clocks, unique, at = KEYS[i], ARGV[2 * i + 1], math.min(tonumber(ARGV[2 * i + 2]), latest)
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
