#!lua flags=allow-oom
-- Records a success of a user: earlier failures do not count towards the throttle any more. Returns the record as it
-- was before, or an empty string if the user has no record.
--
-- KEYS records meta
-- ARGV caller handle
-- 'recorded' record

local RECORDS = KEYS[1]
local NOW, refused = deciding_time(ARGV[1])
if refused then return refused end
local handle = ARGV[2]

local record = redis.call('HGET', RECORDS, handle)
if not record then return { 'recorded', '' } end
local _, elsewhere_at, _, here_at = struct.unpack('>I2I4I2I4', record)
redis.call('HSET', RECORDS, handle,
  struct.pack('>I2I4I2I4I4', 0, elsewhere_at, 0, here_at, math.floor(NOW / 1000)) .. string.sub(record, 17))
return { 'recorded', record }
