-- Checks that the caller may use this store, and decides the time. It precedes every script that writes sessions.
--
-- KEYS ... meta
--      (meta: 'installation' -> 32 hexadecimal digits; 'owner' -> node ':' epoch of the owner for background work;
--      'generation' -> the latest ever raised)
-- ARGV caller ...
--      (caller: installation, time in milliseconds, its maximum distance from the server's time, and a claim as in
--      'owner'; the last two may be missing, and the distance is '-' then)

-- The fields of meta as they were when the script began; false if there are none.
local INSTALLATION, OWNER, RAISED_GENERATION =
  unpack(redis.call('HMGET', KEYS[#KEYS], 'installation', 'owner', 'generation'))

-- Maximum time that a call may have waited before it reached the server, in milliseconds.
local LONGEST_WAIT = 10000

local function server_time()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Returns the error for a caller of another installation, or for a store that was emptied; nil if the caller may
-- proceed.
local function binding_error(installation)
  if not INSTALLATION then return redis.error_reply('UNBOUND the store is empty') end
  if INSTALLATION ~= installation then return redis.error_reply('FOREIGN the store belongs to another installation') end
end

-- Returns the error for a step of background work whose claim is lost; nil if the claim stands, or if none is stated.
local function claim_error(claim)
  if claim ~= '' and OWNER ~= claim then
    return redis.error_reply('CLAIMLOST another node does the background work of this bucket')
  end
end

-- Notifies the owner for background work of this bucket: 'e' the outbox is no longer empty, 'f' the queue of findings
-- is no longer empty, 'c' another node claims the bucket. It is only a hint: a message may be lost, and a server may
-- not permit it.
local function announce(kind)
  local owner = string.match(OWNER or '', '^%x+')
  local bucket = string.match(KEYS[#KEYS], '{(%x%x)}')
  if owner and bucket then redis.pcall('PUBLISH', 'sa1:node:' .. owner, kind .. bucket) end
end

-- Appends to a queue of this bucket, and notifies its owner of the first entry.
local function enqueue(queue, kind, ...)
  local is_first = redis.call('XLEN', queue) == 0
  redis.call('XADD', queue, '*', ...)
  if is_first then announce(kind) end
end

-- Returns the server's time if the caller's is close enough to it; otherwise nil and the error. A caller that states no
-- maximum distance decides the time itself, as tests do.
local function deciding_time(caller)
  local installation, time, allowed, claim = string.match(caller, '^(%x+) (%d+) ?([%d-]*) ?(%S*)$')
  local refused = binding_error(installation) or claim_error(claim)
  if refused then return nil, refused end
  time, allowed = tonumber(time), tonumber(allowed)
  if not allowed then return time end
  local server = server_time()
  if time - server > allowed or server - time > allowed + LONGEST_WAIT then
    return nil, redis.error_reply(string.format('CLOCKSKEW caller %.0f server %.0f', time, server))
  end
  return server
end
