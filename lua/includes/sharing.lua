-- Whoever was given the hold before may still book it, and so may who is given it now.
-- Needs: sharers, id, beforeMs, heldAtMs.
local mostSharers, sharersKeptMs = 16, 60000
local since, given = string.match(redis.call("HGET", sharers, id) or "", "^(%d+)|([%d,]+)$")
if since ~= beforeMs then
  given = beforeMs
end
local _, others = string.gsub(given, ",", ",")
-- With so many nobody keeps count: it ends as an orphan, for 0 is no time of anybody.
if others + 2 > mostSharers then
  given = "0"
end
redis.call("HSET", sharers, id, heldAtMs .. "|" .. given .. "," .. heldAtMs)
redis.call("PEXPIRE", sharers, sharersKeptMs)
