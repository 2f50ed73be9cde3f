#!lua
-- Adds a failure to the record of a user or a network, and appends its event.
--
-- KEYS records scores outbox meta
--      (records: handle -> record, in the form of store/record/failures.rs)
--      (scores: handle -> time of the last failure in seconds, later by FAILURE_BONUS for each remembered one)
-- ARGV caller handle capacity limit failure counts kind event owner details cause
--      (capacity: failures that a record remembers; limit: records of the bucket)
--      (counts: '1' if the failure counts towards the throttle)
--      (event: ID, or empty if no event is appended)
-- 'recorded' record

local RECORDS, SCORES, OUTBOX = KEYS[1], KEYS[2], KEYS[3]
local NOW, refused = deciding_time(ARGV[1])
if refused then return refused end
local handle, capacity, limit, failure, counts = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], ARGV[6] == '1'
local kind, event, owner, details, cause = ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11]

local EVENT_AUTH_FAILED = 8
local HEADER, FAILURE = 32, 10
local MAX_AGE = 86400
-- How many seconds longer a record stays for each failure in it, when records must go.
local FAILURE_BONUS = 120

-- Returns a count with one more failure, and the time of its last.
local function count(failures, last, at)
  if at - last >= MAX_AGE then return 1, math.max(last, at) end
  return math.min(failures + 1, 65535), math.max(last, at)
end

local record = redis.call('HGET', RECORDS, handle) or string.rep('\0', HEADER)
local at, is_familiar = struct.unpack('>I4', failure), string.byte(failure, 10) == 1
local elsewhere, elsewhere_at, here, here_at = struct.unpack('>I2I4I2I4', record)
if counts and is_familiar then
  here, here_at = count(here, here_at, at)
elseif counts then
  elsewhere, elsewhere_at = count(elsewhere, elsewhere_at, at)
end
record = struct.pack('>I2I4I2I4', elsewhere, elsewhere_at, here, here_at) .. string.sub(record, 13, HEADER)
  .. string.sub(string.sub(record, HEADER + 1) .. failure, -capacity * FAILURE)
local remembered = (#record - HEADER) / FAILURE

-- From here on: writes.
redis.call('HSET', RECORDS, handle, record)
redis.call('ZADD', SCORES, at + remembered * FAILURE_BONUS, handle)

local function remove(victim)
  if victim == handle then return end
  redis.call('HDEL', RECORDS, victim)
  redis.call('ZREM', SCORES, victim)
end

local oldest = string.format('%.0f', math.floor(NOW / 1000) - MAX_AGE)
for _, victim in ipairs(redis.call('ZRANGEBYSCORE', SCORES, '-inf', oldest, 'LIMIT', 0, 2)) do remove(victim) end
local surplus = redis.call('HLEN', RECORDS) - limit
if surplus > 0 then
  -- One more, as the record itself may be among them.
  local victims = redis.call('ZRANGE', SCORES, 0, math.min(surplus, 8))
  for i = 1, #victims do
    if victims[i] ~= handle and surplus > 0 then
      remove(victims[i])
      surplus = surplus - 1
    end
  end
end
for _, key in ipairs({ RECORDS, SCORES }) do redis.call('PEXPIRE', key, 2 * MAX_AGE * 1000) end

if event ~= '' then
  enqueue(OUTBOX, 'e', 'k', EVENT_AUTH_FAILED, 'y', kind, 's', event, 'o', owner, 't', NOW, 'r', details, 'c', '', 'w', cause)
end
return { 'recorded', record }
