#!lua flags=allow-oom
-- Claims the background work of a bucket for a node. Each change of the owner raises the epoch and notifies the
-- previous owner, which may be alive and still consider itself the owner.
--
-- KEYS meta
-- ARGV installation node
-- epoch

local refused = binding_error(ARGV[1])
if refused then return refused end

local owner, epoch = string.match(OWNER or '', '^(%x+):(%d+)$')
if owner == ARGV[2] then return tonumber(epoch) end
announce('c')
epoch = tonumber(epoch or '0') + 1
redis.call('HSET', KEYS[1], 'owner', ARGV[2] .. ':' .. string.format('%.0f', epoch))
return epoch
