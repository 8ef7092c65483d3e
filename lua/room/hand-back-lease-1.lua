#!lua
-- Ends a driver's lease early, so that the next driver need not wait for its end.
-- KEYS lease string: the driver's id, until the lease ends
-- ARGV driverId string: who hands it back
-- RETURNS 0 | 1
-- RESULTS 1: the lease is free
-- RESULTS 0: it was not this driver's
local lease = KEYS[1]
local driverId = ARGV[1]

if redis.call("GET", lease) ~= driverId then
  return 0
end
return redis.call("DEL", lease)
