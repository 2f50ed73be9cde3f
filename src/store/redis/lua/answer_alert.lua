#!lua flags=allow-oom
-- Records the answer to an alert, ends the sessions that it asks to end, and raises the alert that says so.
--
-- ARGV caller identity timeout_cause alert_id verdict session history version keep_for event scope revocation cause alert
--      (verdict: 1 it was the user, 2 it was not, 3 it was not and all sessions end; session: may be empty)
--      (scope: the user; revocation: the event of the end of all sessions)
-- 'recorded' {ended} | 'repeated' uniques | 'conflicting' verdict | 'history_conflict' | 'collision'
-- Any outcome but 'recorded' has changed nothing.

local alert_id, verdict, target = ARGV[4], tonumber(ARGV[5]), ARGV[6]
local history, version, keep_for = ARGV[7], ARGV[8], tonumber(ARGV[9])
local event, scope, revocation, cause, alert = ARGV[10], ARGV[11], ARGV[12], ARGV[13], ARGV[14]

local WAS_ME, WAS_NOT_ME, ENDS_ALL = 1, 2, 3
local MAX_ANSWERS = 16
local ANSWER_RETENTION = 90 * DAY

-- Removes the oldest answers.
local function prune_answers()
  local answers, raw = {}, redis.call('HGETALL', PROFILE)
  for i = 1, #raw, 2 do
    if string.len(raw[i]) == 17 and string.sub(raw[i], 1, 1) == 'a' then
      answers[#answers + 1] = { field = raw[i], at = struct.unpack('>I6', raw[i + 1]) }
    end
  end
  table.sort(answers, function(a, b)
    if a.at ~= b.at then return a.at > b.at end
    return precedes(string.sub(b.field, 2), string.sub(a.field, 2))
  end)
  for i = MAX_ANSWERS + 1, #answers do redis.call('HDEL', PROFILE, answers[i].field) end
end

local identity = stored_identity(ARGV[2])
if not identity then return { 'collision' } end

local uniques = ''
local profile = redis.call('HMGET', PROFILE, 'floor', 'v', 'm', 'a' .. alert_id)
local own_floor, stored_version, marked, known = tonumber(profile[1] or '0'), profile[2] or '0', profile[3], profile[4]
if known then
  local at, answer = struct.unpack('>I6B', known)
  if at + ANSWER_RETENTION >= NOW then
    uniques = string.sub(known, 8)
    if answer == verdict or (answer == ENDS_ALL and verdict == WAS_NOT_ME) then return { 'repeated', uniques } end
    if not (answer == WAS_NOT_ME and verdict == ENDS_ALL) then return { 'conflicting', answer } end
  end
end
if version ~= '' and version ~= stored_version then return { 'history_conflict' } end

local live, lapsed = load_sessions(identity, {}, 1)
local remaining, chosen = {}, {}
for i = #live, 1, -1 do
  local session = live[i]
  local ends = verdict == ENDS_ALL or (verdict == WAS_NOT_ME and session.unique == target)
  local list = ends and chosen or remaining
  list[#list + 1] = session
end

write_history(stored_version, marked, history, version, keep_for)
if verdict ~= WAS_ME then reset_dedup() end
end_lapsed_sessions(lapsed, identity)
local ended = {}
local reason = verdict == ENDS_ALL and REASON.revoked_all or REASON.revoked
for _, session in ipairs(chosen) do
  ended[#ended + 1] = end_session(session, identity, reason, NOW, cause)
  uniques = uniques .. session.unique
end
if verdict == ENDS_ALL then
  redis.call('HSET', PROFILE, 'floor', math.max(NOW, own_floor))
  emit(EVENT.revoked_all, 0, revocation, scope, NOW, '', '', cause)
end
redis.call('HSET', PROFILE, 'a' .. alert_id, struct.pack('>I6B', NOW, verdict) .. uniques)
prune_answers()
keep_profile(ANSWER_RETENTION)
local subject = alert_id .. (target ~= '' and HANDLE .. target or '')
emit(EVENT.acknowledged, verdict, event, scope, NOW, subject, '', cause)
-- Fields 26 and 27 of the stored alert: it is the only one of its group.
enqueue(FINDINGS, 'f', 'a', alert .. string.char(208, 1, 1, 216, 1, 1), 'n', 1, 'x', 0, 'r', '')
if #ended + #lapsed > 0 then update_due_time(remaining, true) end
return { 'recorded', ended }
