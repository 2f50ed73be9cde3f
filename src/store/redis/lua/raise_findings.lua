#!lua
-- Raises the alerts of findings about failures, except those within the deduplication window.
--
-- KEYS records findings meta
-- ARGV caller handle ...
--      (... slot, window and alert of each finding)
--      (slot: the place in the record where the finding is counted, from 0; window: in milliseconds)
-- 'raised' {index count}*

local RECORDS, FINDINGS = KEYS[1], KEYS[2]
local NOW, refused = deciding_time(ARGV[1])
if refused then return refused end
local handle = ARGV[2]

local SLOTS, SLOT = 16, 8
local now = math.floor(NOW / 1000)
local record, raised = redis.call('HGET', RECORDS, handle), {}
-- A record that was removed meanwhile is not written again.
local counted = record or string.rep('\0', 32)
for i = 3, #ARGV, 3 do
  local slot, window = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local first = SLOTS + slot * SLOT
  local at, count = struct.unpack('>I4I4', counted, first + 1)
  if at > 0 and math.abs(now - at) * 1000 < window then
    count = math.min(count + 1, 4294967295)
  else
    raised[#raised + 1] = { (i - 3) / 3, count + 1 }
    at, count = now, 0
  end
  counted = string.sub(counted, 1, first) .. struct.pack('>I4I4', at, count) .. string.sub(counted, first + SLOT + 1)
end
if record then redis.call('HSET', RECORDS, handle, counted) end
for position, finding in ipairs(raised) do
  -- Fields 26 and 27 of the stored alert: its position in the group of this failure, and the size of the group.
  local alert = ARGV[5 + finding[1] * 3] .. string.char(208, 1, position, 216, 1, #raised)
  enqueue(FINDINGS, 'f', 'a', alert, 'n', finding[2], 'x', 0, 'r', '')
end
return { 'raised', raised }
