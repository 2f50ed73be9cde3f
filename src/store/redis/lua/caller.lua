-- Whether the caller may use this store, and which time decides. It stands before every script that writes sessions.
--
-- KEYS ... meta
--      (meta: 'installation' -> 32 hexadecimal digits; 'owner' -> node ':' epoch, who does the background work)
-- ARGV caller ...
--      (caller: installation, time in milliseconds, how far that may be from the server's, and a claim as in 'owner'; the
--      last two may be missing, the one before the last is '-' then)

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

-- The error for a step of background work under a claim that does not stand any more; nil where it stands, or none is stated.
local function lost_claim(claim)
  if claim ~= '' and redis.call('HGET', KEYS[#KEYS], 'owner') ~= claim then
    return redis.error_reply('CLAIMLOST another node does the background work of this bucket')
  end
end

-- Notifies the node that does the background work of this bucket: 'e' an event waits where none did, 'f' a finding does,
-- 'c' another node claims the bucket. Only a hint: a message may be lost, and a server may not allow it.
local function announce(kind)
  local owner = string.match(redis.call('HGET', KEYS[#KEYS], 'owner') or '', '^%x+')
  local bucket = string.match(KEYS[#KEYS], '{(%x%x)}')
  if owner and bucket then redis.pcall('PUBLISH', 'sa1:node:' .. owner, kind .. bucket) end
end

-- Appends to a queue of this bucket, and announces the first entry.
local function enqueue(queue, kind, ...)
  local is_first = redis.call('XLEN', queue) == 0
  redis.call('XADD', queue, '*', ...)
  if is_first then announce(kind) end
end

-- The server's time, if the caller's is not too far from it, or else the error, the second result. A caller that states
-- no bound decides the time itself: a test.
local function deciding_time(caller)
  local installation, time, allowed, claim = string.match(caller, '^(%x+) (%d+) ?([%d-]*) ?(%S*)$')
  local refused = refusal(installation) or lost_claim(claim)
  if refused then return nil, refused end
  time, allowed = tonumber(time), tonumber(allowed)
  if not allowed then return time end
  local server = server_time()
  if time - server > allowed or server - time > allowed + LONGEST_WAIT then
    return nil, redis.error_reply(string.format('CLOCKSKEW caller %.0f server %.0f', time, server))
  end
  return server
end
