#!lua flags=allow-oom
-- Registers the token keys of a node, and returns those that nodes have used lately. A key is kept for an hour after
-- its last registration. If a key is known under the same ID with another fingerprint, the known one stays.
--
-- KEYS meta
-- ARGV installation ...
--      (... id, fingerprint)
-- {id, fingerprint}

local refused = binding_error(ARGV[1])
if refused then return refused end

local KEY_TTL = 3600000
local now = server_time()
local known, raw = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #raw, 2 do
  local id = string.match(raw[i], '^key:(%d+)$')
  if id then
    local fingerprint, noted_at = string.match(raw[i + 1], '^(%x+) (%d+)$')
    if noted_at and tonumber(noted_at) + KEY_TTL > now then
      known[id] = fingerprint
    else
      redis.call('HDEL', KEYS[1], raw[i])
    end
  end
end
for i = 2, #ARGV, 2 do
  local id, fingerprint = ARGV[i], ARGV[i + 1]
  if not known[id] or known[id] == fingerprint then
    redis.call('HSET', KEYS[1], 'key:' .. id, fingerprint .. ' ' .. string.format('%.0f', now))
    known[id] = fingerprint
  end
end
local used = {}
for id, fingerprint in pairs(known) do used[#used + 1] = { tonumber(id), fingerprint } end
return used
