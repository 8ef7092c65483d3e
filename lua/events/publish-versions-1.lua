#!lua
-- Tells every process which versions of events are in Redis now. An older version never overwrites a newer one.
-- KEYS index hash: of each event its version, negative where it is hidden; and `revision`, another after every change
-- ARGV entries string: "event:version,event:version"
-- ARGV revision string: the new revision: never used before
-- ARGV whole number: 1 where these are all events there are: they can begin an index
-- RETURNS 0 | 1
-- RESULTS 1: the index says at least so much now
-- RESULTS 0: there is no index, and these are not all events
local index = KEYS[1]
local entries = ARGV[1]
local revision = ARGV[2]
local whole = tonumber(ARGV[3])

local isNew = redis.call("HEXISTS", index, "revision") == 0
if isNew and whole == 0 then
  return 0
end
local changed = isNew
for event, version in string.gmatch(entries, "([^:,]+):(-?%d+)") do
  local known = tonumber(redis.call("HGET", index, event) or 0)
  if math.abs(tonumber(version)) > math.abs(known) then
    redis.call("HSET", index, event, version)
    changed = true
  end
end
if changed then
  redis.call("HSET", index, "revision", revision)
end
return 1
