-- The sessions of one user: the part that all user scripts share. It precedes each of them.
--
-- KEYS sessions clocks tombstones requests profile due generations outbox findings meta
-- ARGV caller identity timeout_cause ...
--
--   sessions    unique -> record, 'l' unique -> the client that was seen last with it, and '@' -> tenant 0x00 user
--   clocks      unique -> clock
--   tombstones  unique -> ended at 6 | reason 1 | secret hash 32 | length 2 | tenant | cause | last client
--   requests    'r' request -> made at 6 | body 16 | nonce 16 | key 1 | unique 8
--               'o' operation -> carried out at 6 | the uniques it ended
--   profile     'floor' -> login floor: a login must have been authenticated after this time
--               'v' -> version of 'h', the login history
--               'd' dedup key 8 -> last raised at 6 | findings since then 4
--               'x' unique -> began at 6 | device 8: a compromised session that 'h' may have learned from
--               'x' zeros 8 -> '': 'h' may have unconfirmed logins that will never be confirmed
--               'm' -> 1 if there may be an 'x'
--               'a' alert 16 -> answered at 6 | verdict 1 | the uniques that the answer ended
--   due         handle -> earliest time at which one of its sessions can lapse
--   generations 'n' -> the latest; '*' and 't' tenant -> generation 4 | at 6 | 0 (of an earlier release: a cause)
--               'r' number -> generation 4 | at 6 | '*' or 't' tenant: the latest 256 revocations, by generation
--               modulo 256
--
-- A session has lapsed when it has timed out or was mass-revoked, and its end is not recorded yet.
--
-- The cause of a mass revocation is stored once, in the home bucket of its scope. Elsewhere a zero byte and the field
-- of its scope in `generations` stand for it; no cause begins with a zero byte.
--
-- Lua does not roll back, so a script decides everything before its first write. While a slot moves, Redis refuses a
-- command whose key does not exist, also within a script. So no command may name a key that this script may have
-- emptied before: a key vanishes with the last of its fields or members.

local SESSIONS, CLOCKS, TOMBSTONES, REQUESTS, PROFILE, DUE, GENERATIONS, OUTBOX, FINDINGS, META = unpack(KEYS)
local NOW, REFUSED = deciding_time(ARGV[1])
if REFUSED then return REFUSED end
local TIMEOUT_CAUSE = ARGV[3]
local HANDLE = string.sub(SESSIONS, -12)

local EVENT = { created = 1, updated = 2, rotated = 3, ended = 4, revoked_all = 5, user_forgotten = 6, acknowledged = 9 }
local REASON = { revoked = 1, revoked_all = 2, evicted = 3, replaced = 4, idle_timeout = 5, expired = 6, token_reused = 7 }

local HOUR = 3600000
local DAY = 86400000
local MAX_REMEMBERED = 64
-- A login older than this is refused anyway, so a floor need not be kept longer.
local LOGIN_AGE = 90 * DAY
-- Keys outlive their last session, so that its ending can be recorded after a long standstill.
local KEY_GRACE = 7 * DAY

local CLOCK = '>I6I6I3I6I4'

local function unpack_clock(raw)
  local last, idle, margin, expires, generation = struct.unpack(CLOCK, raw)
  return {
    last = last, idle = idle, margin = margin, expires = expires, generation = generation,
    device = string.sub(raw, 26),
  }
end

local function pack_clock(clock)
  return struct.pack(CLOCK, clock.last, clock.idle, clock.margin, clock.expires, clock.generation) .. clock.device
end

-- A record: a header of 48 bytes, the rotation of its token if the flag is set, and a part that scripts do not read.
local HEADER, ROTATED, ROTATION = 48, 1, 78

local function is_rotated(record)
  return string.byte(record, 2) == ROTATED
end

-- Returns the stored rotation; empty if the token was never rotated.
local function rotation_of(record)
  return is_rotated(record) and string.sub(record, HEADER + 1, HEADER + ROTATION) or ''
end

-- Returns the part of a record that scripts do not read.
local function body_of(record)
  return string.sub(record, HEADER + (is_rotated(record) and ROTATION or 0) + 1)
end

-- Returns a record with the layout, the generation and the time of the stored one.
local function changed_record(stored, revision, secret, rotation, body)
  return string.sub(stored, 1, 1) .. string.char(rotation == '' and 0 or ROTATED) .. struct.pack('>I4', revision)
    .. string.sub(stored, 7, 10) .. secret .. string.sub(stored, 43, HEADER) .. rotation .. body
end

-- Returns the identity stored under this handle, or the caller's if none is stored; nil if they differ. An empty
-- identity of the caller stands for the stored one.
local function stored_identity(given)
  local stored = redis.call('HGET', SESSIONS, '@')
  if not stored then return given end
  if given ~= '' and given ~= stored then return nil end
  return stored
end

local function tenant_of(identity)
  return string.match(identity, '^([^%z]*)%z')
end

-- Returns the latest mass revocation that applies to the tenant, the time after which a login must have been
-- authenticated, and the latest generation of all. Fails if that is below the latest one ever raised: mass revocations
-- are lost.
local LOST = 'the mass revocations of this bucket are lost; sign everyone out with RevokeAll'

local function mass_revocation(tenant)
  local fields = { '*', 't' .. tenant, 'n' }
  local stored = redis.call('HMGET', GENERATIONS, unpack(fields))
  local mass = { generation = 0, floor = -1, latest = tonumber(stored[3] or '0') }
  if tonumber(RAISED_GENERATION or '0') > mass.latest then error(LOST) end
  for i = 1, 2 do
    local raw = stored[i]
    if raw then
      local generation, at = struct.unpack('>I4I6', raw)
      mass.floor = math.max(mass.floor, at)
      if generation > mass.generation then
        mass.generation, mass.at, mass.cause = generation, at, string.sub(raw, 11)
        if mass.cause == '\0' then mass.cause = '\0' .. fields[i] end
      end
    end
  end
  return mass
end

-- Returns whether a cause stands for one in the home bucket of a mass revocation.
local function is_recorded(cause)
  return string.byte(cause, 1) == 0
end

-- Returns the number that is encoded in protobuf at a position, and the position behind it; nil if it is damaged.
local function read_number(bytes, at)
  local number, scale = 0, 1
  for i = at, at + 9 do
    local byte = string.byte(bytes, i)
    if not byte then return nil end
    number = number + (byte % 128) * scale
    if byte < 128 then return number, i + 1 end
    scale = scale * 128
  end
end

local function encode_number(number)
  local bytes = ''
  while number >= 128 do
    bytes = bytes .. string.char(number % 128 + 128)
    number = math.floor(number / 128)
  end
  return bytes .. string.char(number)
end

-- Returns the value of a field of a protobuf message: a number, or bytes; nil if it is absent, or damaged.
local function message_field(message, wanted)
  local at, found = 1, nil
  while at <= #message do
    local tag, behind_tag = read_number(message, at)
    if not tag then return found end
    local kind, value, behind = tag % 8, nil, nil
    if kind == 0 then
      value, behind = read_number(message, behind_tag)
    elseif kind == 1 then
      behind = behind_tag + 8
    elseif kind == 2 then
      local length, first = read_number(message, behind_tag)
      if length then value, behind = string.sub(message, first, first + length - 1), first + length end
    elseif kind == 5 then
      behind = behind_tag + 4
    end
    if not behind then return found end
    if value and math.floor(tag / 8) == wanted then found = value end
    at = behind
  end
  return found
end

-- Returns the last client of a session, as it follows the cause in its tombstone: FormerClient of record.proto. A record
-- has its location in field 5, the client that was seen last in field 2; a location has its country in field 2 and its
-- autonomous system in field 8.
local function former_client(unique, record, identity)
  local seen = redis.call('HGET', SESSIONS, 'l' .. unique)
  local location = seen and message_field(seen, 2) or message_field(body_of(record), 5)
  location = type(location) == 'string' and location or ''
  local user, asn, country = string.match(identity, '%z(.*)$') or '', message_field(location, 8), message_field(location, 2)
  local client = string.char(58) .. encode_number(#user) .. user
  if type(asn) == 'number' and asn > 0 then client = client .. string.char(64) .. encode_number(asn) end
  if type(country) == 'string' and #country == 2 then client = client .. string.char(74, 2) .. country end
  return client
end

-- Returns the reason and the time for which a session has timed out by its clock at `now`; nil if it has not.
local function timed_out(clock, now)
  local idle_deadline = clock.last + clock.idle + clock.margin
  if clock.idle > 0 and now > idle_deadline and idle_deadline < clock.expires then
    return REASON.idle_timeout, clock.last + clock.idle
  end
  if now >= clock.expires then return REASON.expired, clock.expires end
end

-- Returns the reason, the time and the cause of the end of a session; nil while it is active. A session of an earlier
-- generation has ended whatever any clock says: the times decide only whether it had timed out before.
local function end_reason(clock, mass)
  local is_revoked = clock.generation < mass.generation
  local reason, at = timed_out(clock, is_revoked and math.min(mass.at, NOW) or NOW)
  if reason then return reason, at, TIMEOUT_CAUSE end
  if is_revoked then return REASON.revoked_all, mass.at, mass.cause end
end

-- Compares by bytes: Lua compares strings by the server's locale.
local function precedes(one, other)
  local high, low = struct.unpack('>I4I4', one)
  local other_high, other_low = struct.unpack('>I4I4', other)
  if high ~= other_high then return high < other_high end
  return low < other_low
end

local function less_recent(a, b)
  if a.clock.last ~= b.clock.last then return a.clock.last < b.clock.last end
  return precedes(a.unique, b.unique)
end

-- Loads the user's sessions, with pending touches applied. Returns the active ones and the lapsed ones, each least
-- recently active first, and the mass revocation that applies to them. `touches` is a flat list of unique and time from
-- `first` on.
local function load_sessions(identity, touches, first)
  local pending = {}
  for i = first, #touches, 2 do
    local times = pending[touches[i]] or {}
    times[#times + 1] = tonumber(touches[i + 1])
    pending[touches[i]] = times
  end
  local mass = mass_revocation(tenant_of(identity))
  local live, lapsed = {}, {}
  local raw = redis.call('HGETALL', CLOCKS)
  for i = 1, #raw, 2 do
    local session = { unique = raw[i], clock = unpack_clock(raw[i + 1]) }
    if session.clock.generation > mass.latest then error(LOST) end
    for _, used_at in ipairs(pending[session.unique] or {}) do
      local at = math.min(used_at, NOW)
      if at > session.clock.last and not timed_out(session.clock, at) then
        session.clock.last = at
        session.touched = true
      end
    end
    session.reason, session.at, session.cause = end_reason(session.clock, mass)
    if session.reason then lapsed[#lapsed + 1] = session else live[#live + 1] = session end
  end
  table.sort(live, less_recent)
  table.sort(lapsed, less_recent)
  return live, lapsed, mass
end

-- From here on: writes.

local function emit(kind, reason, subject, owner, at, record, clock, cause)
  enqueue(OUTBOX, 'e', 'k', kind, 'y', reason, 's', subject, 'o', owner, 't', at,
    'r', record, 'c', clock, 'w', cause)
end

-- Limits a hash whose values begin with a time to MAX_REMEMBERED entries of at most a day.
local function prune(key)
  redis.call('PEXPIRE', key, DAY)
  if redis.call('HLEN', key) <= MAX_REMEMBERED then return end
  local entries, raw = {}, redis.call('HGETALL', key)
  for i = 1, #raw, 2 do entries[#entries + 1] = { field = raw[i], at = struct.unpack('>I6', raw[i + 1]) } end
  table.sort(entries, function(a, b)
    if a.at ~= b.at then return a.at > b.at end
    return precedes(b.field, a.field)
  end)
  for i, entry in ipairs(entries) do
    if i > MAX_REMEMBERED or entry.at + DAY < NOW then redis.call('HDEL', key, entry.field) end
  end
end

-- Keeps the profile for at least so long. The hour more lets most calls leave the lifetime as it is.
local function keep_profile(span)
  if redis.call('PTTL', PROFILE) < span then redis.call('PEXPIRE', PROFILE, span + HOUR) end
end

-- Maximum number of deduplication entries, each with the time of the last alert for its key, and their minimum
-- retention.
local MAX_DEDUP_ENTRIES = 16
local DEDUP_RETENTION = 30 * DAY

local function dedup_entries()
  local known, raw = {}, redis.call('HGETALL', PROFILE)
  for i = 1, #raw, 2 do
    if string.len(raw[i]) == 9 and string.sub(raw[i], 1, 1) == 'd' then
      known[#known + 1] = { field = raw[i], at = struct.unpack('>I6', raw[i + 1]) }
    end
  end
  return known
end

-- Removes the deduplication entries with the oldest alerts.
local function prune_dedup_entries()
  local known = dedup_entries()
  if #known <= MAX_DEDUP_ENTRIES then return end
  table.sort(known, function(a, b)
    if a.at ~= b.at then return a.at > b.at end
    return precedes(string.sub(b.field, 2), string.sub(a.field, 2))
  end)
  for i = MAX_DEDUP_ENTRIES + 1, #known do redis.call('HDEL', PROFILE, known[i].field) end
end

-- Returns the number of findings that an alert for the key stands for; nil while the deduplication window is open.
local function count_finding(key, dedup_window)
  local at, count = nil, 0
  local known = redis.call('HGET', PROFILE, 'd' .. key)
  if known then at, count = struct.unpack('>I6I4', known) end
  if at and dedup_window > 0 and math.abs(NOW - at) < dedup_window then
    redis.call('HSET', PROFILE, 'd' .. key, struct.pack('>I6I4', at, math.min(count + 1, 4294967295)))
    return nil
  end
  redis.call('HSET', PROFILE, 'd' .. key, struct.pack('>I6I4', NOW, 0))
  return count + 1
end

-- Counts findings about the user, and appends those that are outside their deduplication windows. Each finding has its
-- index, its alert, key and window, the number of sessions that were evicted and the record of the first of them. Returns
-- index, count, number and record of those that raise alerts.
local function raise_alerts(findings)
  local raised, alerts = {}, {}
  for _, finding in ipairs(findings) do
    local count = count_finding(finding.key, finding.window)
    if count then
      raised[#raised + 1] = { finding.index, count, finding.evicted, finding.record }
      alerts[#alerts + 1] = finding.alert
    end
    keep_profile(DEDUP_RETENTION)
  end
  for position, finding in ipairs(raised) do
    -- Fields 26 and 27 of the stored alert: its position in the group of this step, and the size of the group. Both are
    -- at most 16, so a byte each.
    local alert = alerts[position] .. string.char(208, 1, position, 216, 1, #raised)
    enqueue(FINDINGS, 'f', 'a', alert, 'n', finding[2], 'x', finding[3], 'r', finding[4])
  end
  if #findings > 0 then prune_dedup_entries() end
  return raised
end

-- Ends the deduplication windows, so that alerts about the user are raised again. Raises the version of the history, so
-- that logins in progress evaluate it again.
local function reset_dedup()
  local raw = redis.call('HGETALL', PROFILE)
  for i = 1, #raw, 2 do
    if string.len(raw[i]) == 9 and string.sub(raw[i], 1, 1) == 'd' then
      redis.call('HSET', PROFILE, raw[i], struct.pack('>I6', 0) .. string.sub(raw[i + 1], 7))
    end
  end
  redis.call('HSET', PROFILE, 'v', string.format('%.0f', tonumber(redis.call('HGET', PROFILE, 'v') or '0') + 1))
end

-- Writes a history that was derived from version `version`, after the stored one. If there are marks (`marked`), it
-- removes those that the history takes account of: those of the sessions that were compromised when the caller read that
-- version. Without a version the marks stay.
local function write_history(stored_version, marked, history, version, keep_for)
  redis.call('HSET', PROFILE, 'h', history, 'v', string.format('%.0f', tonumber(stored_version) + 1))
  if marked and version ~= '' then
    redis.call('HDEL', PROFILE, 'm')
    local raw = redis.call('HGETALL', PROFILE)
    for i = 1, #raw, 2 do
      if #raw[i] == 9 and string.sub(raw[i], 1, 1) == 'x' then redis.call('HDEL', PROFILE, raw[i]) end
    end
  end
  keep_profile(keep_for)
end

-- Marks active sessions as compromised. The history is encoded, so its next reader removes what it learned from them.
local function mark_compromised(sessions)
  if #sessions == 0 or not redis.call('HGET', PROFILE, 'h') then return end
  for _, session in ipairs(sessions) do
    local record = redis.call('HGET', SESSIONS, session.unique) or ''
    local began_at = string.sub(record, 43, 48)
    if #began_at == 6 then
      redis.call('HSET', PROFILE, 'm', '1', 'x' .. session.unique, began_at .. session.clock.device)
    end
  end
  reset_dedup()
end

-- Marks the unconfirmed logins of the history as ones that will never be confirmed.
local function mark_unconfirmed_logins()
  if not redis.call('HGET', PROFILE, 'h') then return end
  redis.call('HSET', PROFILE, 'm', '1', 'x' .. string.rep('\0', 8), '')
  reset_dedup()
end

-- Ends a session: appends its event unless another one covers it, stores its tombstone and removes it. Returns the
-- ending as the caller receives it. The key of the clocks vanishes with the last one; that of the records does not,
-- because of '@'.
local function end_session(session, identity, reason, at, cause, has_event)
  local record = redis.call('HGET', SESSIONS, session.unique) or ''
  -- A record that cannot be read does not keep its session active. No secret has this hash.
  local secret = string.sub(record, 11, 42)
  if #secret < 32 then secret = string.rep('\0', 32) end
  if not has_event then
    emit(EVENT.ended, reason, HANDLE .. session.unique, identity, at, record, pack_clock(session.clock), cause)
  end
  local tenant, remembered = tenant_of(identity), cause
  if not is_recorded(cause) and #record >= HEADER then remembered = cause .. former_client(session.unique, record, identity) end
  redis.call('HSET', TOMBSTONES, session.unique,
    struct.pack('>I6B', at, reason) .. secret .. struct.pack('>I2', #tenant) .. tenant .. remembered)
  redis.call('HDEL', SESSIONS, session.unique, 'l' .. session.unique)
  redis.call('HDEL', CLOCKS, session.unique)
  return { session.unique, reason, at, record }
end

-- Ends every lapsed session for its own reason. Returns the endings as the caller receives them.
local function end_lapsed_sessions(lapsed, identity)
  local ended = {}
  for _, session in ipairs(lapsed) do
    ended[#ended + 1] = end_session(session, identity, session.reason, session.at, session.cause)
  end
  return ended
end

local function write_touches(live)
  for _, session in ipairs(live) do
    if session.touched then redis.call('HSET', CLOCKS, session.unique, pack_clock(session.clock)) end
  end
end

-- Updates the data that depends on all sessions of the user: the tombstones, the due time and the lifetimes of the
-- keys. If no session is left, the key of the clocks does not exist any more: each clock was that of an ended session.
local function update_due_time(live, any_ended)
  if any_ended then prune(TOMBSTONES) end
  if #live == 0 then
    redis.call('DEL', SESSIONS)
    redis.call('ZREM', DUE, HANDLE)
    return
  end
  local due, last = math.huge, 0
  for _, session in ipairs(live) do
    local clock = session.clock
    due = math.min(due, clock.expires)
    if clock.idle > 0 then due = math.min(due, clock.last + clock.idle + clock.margin + 1) end
    last = math.max(last, clock.expires)
  end
  redis.call('ZADD', DUE, due, HANDLE)
  -- A key is written only if its time to live changes by an hour or more: each write invalidates the user's sessions in
  -- near caches, and a sweep after a mass revocation visits every user. Both keys always have the same lifetime.
  local time_to_live = last - NOW + KEY_GRACE
  if math.abs(redis.call('PTTL', CLOCKS) - time_to_live) > HOUR then
    redis.call('PEXPIRE', SESSIONS, time_to_live)
    redis.call('PEXPIRE', CLOCKS, time_to_live)
  end
end
