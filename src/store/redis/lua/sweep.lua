#!lua flags=allow-oom
-- Ends the lapsed sessions of a user, and updates the time of the next sweep.
--
-- From the one event of a mass revocation, the audit database ends the sessions that were stored before its time. So no
-- event is appended for a session that was last active before that time, and hence stored before. Any other session
-- gets its own event.
--
-- ARGV caller identity timeout_cause
--      (the identity is empty: it stands for the stored one)
-- {ended} events
--      (events: the number of events appended)

local identity = stored_identity('')
if identity == '' then
  redis.call('ZREM', DUE, HANDLE)
  return { {}, 0 }
end
local live, lapsed = load_sessions(identity, {}, 1)
local ended, events = {}, 0
for _, session in ipairs(lapsed) do
  local covered_by_mass_event = is_recorded(session.cause) and session.clock.last < session.at
  if not covered_by_mass_event then events = events + 1 end
  ended[#ended + 1] = end_session(session, identity, session.reason, session.at, session.cause, covered_by_mass_event)
end
update_due_time(live, #lapsed > 0)
return { ended, events }
