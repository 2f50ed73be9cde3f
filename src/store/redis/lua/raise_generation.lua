#!lua flags=allow-oom
-- Carries a mass revocation out in one bucket: every session of its scope that was made before is over. A repeat does
-- nothing.
--
-- KEYS generations meta
-- ARGV installation field at
--      (at: the time of the revocation, as its home bucket decided it)
-- 1 when raised, 0 when it had been carried out here

local refused = refusal(ARGV[1])
if refused then return refused end
return raise(KEYS[1], KEYS[2], ARGV[2], tonumber(ARGV[3]))
