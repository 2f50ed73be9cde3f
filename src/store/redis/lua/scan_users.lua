#!lua flags=allow-oom
-- Returns the next users of a scan of all users of a bucket. A cursor is valid only for the server process that
-- returned it: for any other, the scan starts again.
--
-- KEYS due
-- ARGV run_id cursor count
--      (run_id and cursor as returned by the last call; both empty at the start)
-- run_id cursor {handle, score ...}; the cursor is 0 at the end

local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
local cursor = run_id == ARGV[1] and ARGV[2] or '0'
local found = redis.call('ZSCAN', KEYS[1], cursor, 'COUNT', ARGV[3])
return { run_id, found[1], found[2] }
