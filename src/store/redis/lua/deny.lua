#!lua flags=allow-oom
-- Denies the IDs of JWTs of one bucket, each until a time. A denial may be extended and never gets shorter.
--
-- KEYS denylist outbox meta
--      (denylist: digest of an ID -> time at which its denial ends; meta: 'denied_until' -> the latest of these times)
-- ARGV caller limit others event scope jwts cause ...
--      (limit: the maximum number of denials that have not ended. event: empty if another bucket has the event, which
--      is appended if a denial changes here, or if others is '1'; jwts: the JWTs of the event)
--      (... digest and time for each ID)
-- 'denied' denied already_denied expired | 'full'

local DENYLIST, OUTBOX, META = unpack(KEYS)
local limit, has_others, event, scope, jwts, cause = tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local TOKENS_DENIED = 7
-- The key outlives its last denial by so much.
local DAY = 86400000

local now, refused = deciding_time(ARGV[1])
if refused then return refused end

local denied_until = check_denials(DENYLIST, META, now)

local writes, changed, added, already_denied, expired = {}, 0, 0, 0, 0
for i = 8, #ARGV, 2 do
  local digest, ends_at = ARGV[i], tonumber(ARGV[i + 1])
  local stored = tonumber(redis.call('ZSCORE', DENYLIST, digest)) or 0
  if ends_at <= now then
    expired = expired + 1
  elseif stored >= ends_at then
    already_denied = already_denied + 1
  else
    if stored <= now then added = added + 1 end
    changed = changed + 1
    writes[#writes + 1] = ARGV[i + 1]
    writes[#writes + 1] = digest
  end
end

if added > 0 then
  -- The denial that would be one too many, by the time at which it ends.
  local last = limit - added + 1
  local surplus = last > 0 and redis.call('ZRANGE', DENYLIST, -last, -last, 'WITHSCORES')
  if last <= 0 or tonumber(surplus[2] or '0') > now then return { 'full' } end
end

if event ~= '' and (changed > 0 or has_others) then
  enqueue(OUTBOX, 'e', 'k', TOKENS_DENIED, 'y', 0, 's', event, 'o', scope, 't', now, 'r', jwts, 'c', '', 'w', cause)
end
if changed > 0 then
  redis.call('ZADD', DENYLIST, 'GT', unpack(writes))
  redis.call('ZREMRANGEBYSCORE', DENYLIST, '-inf', now)
  local latest = math.max(denied_until, tonumber(redis.call('ZRANGE', DENYLIST, -1, -1, 'WITHSCORES')[2]))
  redis.call('PEXPIRE', DENYLIST, latest - now + DAY)
  redis.call('HSET', META, 'denied_until', string.format('%.0f', latest))
end
return { 'denied', changed, already_denied, expired }
