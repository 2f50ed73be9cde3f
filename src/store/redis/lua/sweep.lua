#!lua flags=allow-oom
-- Ends those of a user's sessions that are over, and corrects when to look again.
--
-- The audit ends the sessions of a mass revocation by its one event: those that were stored before its time. So no event
-- is appended for a session that was last active before that, and hence stored before; for any other there is one.
--
-- ARGV caller identity timeout_cause
--      (the identity is empty: that of whoever is stored)
-- {ended} events
--      (events: how many were appended)

local identity = identity_of('')
if identity == '' then
  redis.call('ZREM', DUE, HANDLE)
  return { {}, 0 }
end
local live, gone = survey(identity, {}, 1)
local ended, events = {}, 0
for _, session in ipairs(gone) do
  local is_told_by_one_event = is_recorded(session.cause) and session.clock.last < session.at
  if not is_told_by_one_event then events = events + 1 end
  ended[#ended + 1] = finish(session, identity, session.reason, session.at, session.cause, is_told_by_one_event)
end
settle(live, #gone > 0)
return { ended, events }
