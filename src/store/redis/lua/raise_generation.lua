#!lua flags=allow-oom
-- Applies a mass revocation to one bucket: every session of its scope that was created before has ended. A repeat does
-- nothing.
--
-- KEYS generations meta
-- ARGV installation field at
--      (at: the time of the revocation, as decided by its home bucket)
-- 1 if the generation was raised, 0 if the revocation had been applied here

local refused = binding_error(ARGV[1])
if refused then return refused end
return raise(KEYS[1], KEYS[2], ARGV[2], tonumber(ARGV[3]))
