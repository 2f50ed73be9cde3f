#!lua
-- Raises the alerts of findings about a user, except those within the deduplication window.
--
-- ARGV caller identity timeout_cause ...
--      (... alert, key and dedup_window of each finding)
-- 'raised' {{finding, count, 0, ''}} | 'collision'

if not stored_identity(ARGV[2]) then return { 'collision' } end
local findings = {}
for i = 4, #ARGV, 3 do
  findings[#findings + 1] =
    { index = (i - 4) / 3, alert = ARGV[i], key = ARGV[i + 1], window = tonumber(ARGV[i + 2]), evicted = 0, record = '' }
end
return { 'raised', raise_alerts(findings) }
