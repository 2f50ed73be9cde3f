#!lua flags=allow-oom
-- Removes exactly these entries from a queue of a bucket, if the node's claim stands.
--
-- KEYS stream meta
-- ARGV installation claim ...
--      (claim: node ':' epoch, empty for a step without a claim; ... ids)
-- entries left

local refused = binding_error(ARGV[1]) or claim_error(ARGV[2])
if refused then return refused end

local AT_ONCE = 1000
for first = 3, #ARGV, AT_ONCE do
  redis.call('XDEL', KEYS[1], unpack(ARGV, first, math.min(first + AT_ONCE - 1, #ARGV)))
end
return redis.call('XLEN', KEYS[1])
