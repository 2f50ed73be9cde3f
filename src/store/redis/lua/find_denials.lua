#!lua flags=no-writes
-- Returns the time at which the denial of each ID of one bucket ends.
--
-- KEYS denylist meta
-- ARGV installation ...
--      (... digests)
-- {time, or false if the ID is not denied}

local refused = binding_error(ARGV[1])
if refused then return refused end

check_denials(KEYS[1], KEYS[2], server_time())

local found = {}
for i = 2, #ARGV do found[i - 1] = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i])) or false end
return found
