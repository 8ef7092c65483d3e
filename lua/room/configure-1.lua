#!lua
-- Sets how a room runs. The places, turns and passes of a running room stay as they are.
-- KEYS settings hash: the room's settings and counters
-- ARGV state string: scheduled, lobby, open, paused or closed
-- ARGV cap number: most shoppers inside at once, offered turns included
-- ARGV ratePerMinute number: most turns offered in a minute
-- ARGV turnWindowMs number: how long a turn waits to be taken up
-- ARGV passMs number: how long a pass lasts
-- RETURNS "configured"
-- RESULTS configured: the settings hold from the next step on
local settings = KEYS[1]
local state = ARGV[1]
local cap, ratePerMinute = tonumber(ARGV[2]), tonumber(ARGV[3])
local turnWindowMs, passMs = tonumber(ARGV[4]), tonumber(ARGV[5])

redis.call("HSET", settings, "state", state, "cap", cap, "ratePerMinute", ratePerMinute)
redis.call("HSET", settings, "turnWindowMs", turnWindowMs, "passMs", passMs)
redis.call("HSETNX", settings, "lastNumber", 0)
redis.call("HSETNX", settings, "servedUpTo", 0)
redis.call("HSETNX", settings, "nowMs", 0)
return "configured"
