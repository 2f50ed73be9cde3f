-- Detection of lost denials: the part that the scripts of the denylist share. It precedes each of them.
--
-- The key of a denylist outlives its last denial. If it is missing earlier, it was deleted or evicted.

-- Fails if the bucket had denials that have not ended at `now`, and their key is missing.
local function check_denials(denylist, meta, now)
  local denied_until = tonumber(redis.call('HGET', meta, 'denied_until') or '0')
  if denied_until > now and redis.call('EXISTS', denylist) == 0 then
    error('the denied JWTs of this bucket are lost; restore them, or accept the loss: HDEL ' .. meta .. ' denied_until')
  end
  return denied_until
end
