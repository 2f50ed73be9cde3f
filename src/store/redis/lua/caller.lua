-- Whether the caller may use this store, and which time decides. It stands before every script that writes sessions.
--
-- KEYS ... meta
--      (meta: 'installation' -> 32 hexadecimal digits)
-- ARGV caller ...
--      (caller: installation, time in milliseconds, and how far that may be from the server's)

-- A call may have waited for this long before it reached the server.
local LONGEST_WAIT = 10000

local function server_time()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The error for a caller of another installation, or for a store that was emptied; nil for one that may go on.
local function refusal(installation)
  local stored = redis.call('HGET', KEYS[#KEYS], 'installation')
  if not stored then return redis.error_reply('UNBOUND the store is empty') end
  if stored ~= installation then return redis.error_reply('FOREIGN the store belongs to another installation') end
end

-- The server's time, if the caller's is not too far from it, or else the error, the second result. A caller that states
-- no bound decides the time itself: a test.
local function deciding_time(caller)
  local installation, time, allowed = string.match(caller, '^(%x+) (%d+) ?(%d*)$')
  local refused = refusal(installation)
  if refused then return nil, refused end
  time, allowed = tonumber(time), tonumber(allowed)
  if not allowed then return time end
  local server = server_time()
  if time - server > allowed or server - time > allowed + LONGEST_WAIT then
    return nil, redis.error_reply(string.format('CLOCKSKEW caller %.0f server %.0f', time, server))
  end
  return server
end
