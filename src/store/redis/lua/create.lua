#!lua
-- Makes a session, and ends those that give way to it.
--
-- ARGV now identity timeout_cause unique record clock limit refuse proven_at replace request body nonce key cause ...
--      (... pending touches: unique, time)
-- 'created' generation {ended}  | 'repeated' unique record clock nonce key | 'repeated_ended'
-- | 'request_reused' | 'limit' live | 'floor' time | 'collision'
-- Anything but 'created' has changed nothing.

local unique, record, clock = ARGV[4], ARGV[5], clock_of(ARGV[6])
local limit, refuse, proven_at, replace = tonumber(ARGV[7]), ARGV[8] == '1', tonumber(ARGV[9]), ARGV[10] == '1'
local request, body, nonce, key, cause = ARGV[11], ARGV[12], ARGV[13], ARGV[14], ARGV[15]

local identity = identity_of(ARGV[2])
if not identity then return { 'collision' } end

local live, gone = survey(identity, ARGV, 16)

if request ~= '' then
  local known = redis.call('HGET', REQUESTS, 'r' .. request)
  if known and struct.unpack('>I6', known) + DAY >= NOW then
    if string.sub(known, 7, 22) ~= body then return { 'request_reused' } end
    local made = string.sub(known, 40, 47)
    for _, session in ipairs(live) do
      if session.unique == made then
        return { 'repeated', made, redis.call('HGET', SESSIONS, made), packed(session.clock),
          string.sub(known, 23, 38), string.sub(known, 39, 39) }
      end
    end
    return { 'repeated_ended' }
  end
end

local floor = tonumber(redis.call('HGET', PROFILE, 'floor') or '-1')
if proven_at <= floor then return { 'floor', floor } end

local staying, replaced = {}, {}
for _, session in ipairs(live) do
  local list = (replace and session.clock.device == clock.device) and replaced or staying
  list[#list + 1] = session
end
if #staying >= limit and refuse then return { 'limit', #staying } end

local ended = finish_over(gone, identity)
for _, session in ipairs(replaced) do
  ended[#ended + 1] = finish(session, identity, REASON.replaced, NOW, cause)
end
while #staying >= limit do
  ended[#ended + 1] = finish(table.remove(staying, 1), identity, REASON.evicted, NOW, cause)
end
write_touches(staying)

clock.generation = tonumber(redis.call('HGET', GENERATIONS, 'n') or '0')
record = string.sub(record, 1, 6) .. struct.pack('>I4', clock.generation) .. string.sub(record, 11)
redis.call('HSET', SESSIONS, '@', identity, unique, record)
redis.call('HSET', CLOCKS, unique, packed(clock))
emit(EVENT.created, 0, HANDLE .. unique, identity, NOW, record, packed(clock), cause)
if request ~= '' then
  redis.call('HSET', REQUESTS, 'r' .. request, struct.pack('>I6', NOW) .. body .. nonce .. key .. unique)
  prune(REQUESTS)
end
staying[#staying + 1] = { unique = unique, clock = clock }
settle(staying, #ended > 0)
return { 'created', clock.generation, ended }
