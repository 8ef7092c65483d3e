#!lua
-- Gives up a place with its turn or pass; the slot is free at once. Asked again, nothing is left to do.
-- KEYS places hash: identity to number|joinedAtMs|buyerId
-- KEYS waiting zset: identities that wait, by number
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- ARGV identity string: whose place
-- ARGV buyerId string: the session that asks
-- RETURNS "left" | "place_missing" | "place_elsewhere"
-- RESULTS left: the place is gone
-- RESULTS place_missing: there was none
-- RESULTS place_elsewhere: another session has the place of this identity
local places, waiting, turns, inside = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local identity, buyerId = ARGV[1], ARGV[2]

local place = redis.call("HGET", places, identity)
if not place then
  return "place_missing"
end
if string.match(place, "^%d+|%d+|(.*)$") ~= buyerId then
  return "place_elsewhere"
end
redis.call("HDEL", places, identity)
redis.call("ZREM", waiting, identity)
redis.call("ZREM", turns, identity)
redis.call("ZREM", inside, identity)
return "left"
