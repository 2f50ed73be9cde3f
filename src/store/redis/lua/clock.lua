-- The time that decides. It stands before every script that needs one.

-- A call may have waited for this long before it reached the server.
local LONGEST_WAIT = 10000

local function server_time()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- `clock` is the caller's time in milliseconds, followed by how far it may be from the server's. The server's time
-- decides then; a caller whose clock is further off gets an error, the second result, before anything is written.
-- Without the second number the caller's time decides, for tests that set the time.
local function deciding_time(clock)
  local caller, allowed = string.match(clock, '^(%d+) ?(%d*)$')
  caller, allowed = tonumber(caller), tonumber(allowed)
  if not allowed then return caller end
  local server = server_time()
  if caller - server > allowed or server - caller > allowed + LONGEST_WAIT then
    return nil, redis.error_reply(string.format('CLOCKSKEW caller %.0f server %.0f', caller, server))
  end
  return server
end
