#!lua
-- Opens a room whose draw is done and kept: from now on everybody who was drawn has a number. For the grace of the
-- absent nobody is stepped over: the gateways have to learn the numbers of all who are here first.
-- KEYS settings hash: the room's settings and counters
-- KEYS lease string: the driver's id, until the lease ends
-- KEYS news channel: what the gateways hear
-- ARGV driverId string: who drives
-- ARGV fence number: the fencing number of the driver's lease
-- ARGV restored number: how many places had come back when the lobby was read
-- RETURNS "drawn" | "restored" | "fenced"
-- RESULTS drawn: the room may open
-- RESULTS restored: more places came back since; the line must be written again
-- RESULTS fenced: another driver has taken over; nothing was changed
local settings, lease, news = KEYS[1], KEYS[2], KEYS[3]
local driverId, fence, restored = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local ownerId, ownerFence = unpack(redis.call("HMGET", settings, "driverId", "fence"))
if ownerId ~= driverId or tonumber(ownerFence) ~= fence or redis.call("GET", lease) ~= driverId then
  return "fenced"
end
if tonumber(redis.call("HGET", settings, "restored") or 0) ~= restored then
  return "restored"
end
local nowMs, absenceGraceMs = unpack(redis.call("HMGET", settings, "nowMs", "absenceGraceMs"))
redis.call("HSET", settings, "drawState", "done", "patientUntilMs", nowMs + absenceGraceMs)
redis.call("SPUBLISH", news, cjson.encode({ kind = "drawn" }))
return "drawn"
