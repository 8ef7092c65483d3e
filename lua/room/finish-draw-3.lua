#!lua
-- Opens a room whose draw is done and kept: from now on everybody who was drawn has a number.
-- KEYS settings hash: the room's settings and counters
-- KEYS lease string: the driver's id, until the lease ends
-- KEYS news channel: what the gateways hear
-- ARGV driverId string: who drives
-- ARGV fence number: the fencing number of the driver's lease
-- RETURNS "drawn" | "fenced"
-- RESULTS drawn: the room may open
-- RESULTS fenced: another driver has taken over; nothing was changed
local settings, lease, news = KEYS[1], KEYS[2], KEYS[3]
local driverId, fence = ARGV[1], tonumber(ARGV[2])

local ownerId, ownerFence = unpack(redis.call("HMGET", settings, "driverId", "fence"))
if ownerId ~= driverId or tonumber(ownerFence) ~= fence or redis.call("GET", lease) ~= driverId then
  return "fenced"
end
redis.call("HSET", settings, "drawState", "done")
redis.call("SPUBLISH", news, cjson.encode({ kind = "drawn" }))
return "drawn"
