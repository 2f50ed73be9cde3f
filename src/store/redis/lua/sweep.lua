#!lua flags=allow-oom
-- Ends those of a user's sessions that are over, and corrects when to look again.
--
-- ARGV caller identity timeout_cause
--      (the identity is empty: that of whoever is stored)
-- {ended}

local identity = identity_of('')
if identity == '' then
  redis.call('ZREM', DUE, HANDLE)
  return {}
end
local live, gone = survey(identity, {}, 1)
local ended = finish_over(gone, identity)
settle(live, #gone > 0)
return ended
