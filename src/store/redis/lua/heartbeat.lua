#!lua flags=allow-oom
-- Records the heartbeat of a node, removes the nodes that are not alive, and returns the others. A node that joins is
-- announced.
--
-- KEYS nodes meta
--      (nodes: node -> time in milliseconds, space, report)
-- ARGV installation node lifetime limit channel report
--      (lifetime: the time for which a heartbeat counts, in milliseconds; limit: maximum number of nodes)
-- was_alive {node, report} | 'full'

local nodes, installation, node, lifetime = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local refused = binding_error(installation)
if refused then return refused end

local now = server_time()
local was_alive, others, dead = 0, {}, {}
local raw = redis.call('HGETALL', nodes)
for i = 1, #raw, 2 do
  local at, report = string.match(raw[i + 1], '^(%d+) (.*)$')
  local lives = at and math.abs(now - tonumber(at)) < lifetime
  if raw[i] == node then
    was_alive = lives and 1 or 0
  elseif lives then
    others[#others + 1] = raw[i]
    others[#others + 1] = report
  else
    dead[#dead + 1] = raw[i]
  end
end
for _, other in ipairs(dead) do redis.call('HDEL', nodes, other) end
if #others / 2 >= tonumber(ARGV[4]) then return { 'full' } end
redis.call('HSET', nodes, node, string.format('%.0f ', now) .. ARGV[6])
if was_alive == 0 then redis.pcall('PUBLISH', ARGV[5], 'n') end
return { was_alive, others }
