#!lua
-- Makes a process the room's driver, unless another one is. Each new owner gets a higher fencing number. The
-- lease ends by Redis' own clock, so that drivers need not agree on the time.
-- KEYS settings hash: the room's settings and counters
-- KEYS lease string: the driver's id, until the lease ends
-- ARGV driverId string: who asks
-- ARGV leaseMs number: how long the lease lasts without being renewed
-- RETURNS ["taken", number] | ["held"] | ["room_missing"]
-- RESULTS taken: the fencing number follows
-- RESULTS held: another process drives the room
-- RESULTS room_missing: the room was never configured, or Redis forgot it
local settings, lease = KEYS[1], KEYS[2]
local driverId, leaseMs = ARGV[1], tonumber(ARGV[2])

if redis.call("EXISTS", settings) == 0 then
  return { "room_missing" }
end
local owner = redis.call("GET", lease)
if owner and owner ~= driverId then
  return { "held" }
end
redis.call("SET", lease, driverId, "PX", leaseMs)
-- A room that was lost and made anew has no number, although the lease may have stayed.
local fence = owner and redis.call("HGET", settings, "fence")
if not fence then
  redis.call("HSET", settings, "driverId", driverId)
  return { "taken", redis.call("HINCRBY", settings, "fence", 1) }
end
return { "taken", tonumber(fence) }
