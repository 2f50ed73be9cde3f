#!lua flags=allow-oom
-- The next users of a walk through all users of a bucket. A cursor is valid only for the server process that returned it:
-- for any other the walk starts again.
--
-- KEYS due
-- ARGV process cursor count
--      (process and cursor as the last call returned them; both empty at the start)
-- process cursor {handle, score ...}; the cursor is 0 at the end

local process = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
local cursor = process == ARGV[1] and ARGV[2] or '0'
local found = redis.call('ZSCAN', KEYS[1], cursor, 'COUNT', ARGV[3])
return { process, found[1], found[2] }
