#!lua
-- Gives up a place with its turn or pass; the slot is free at once, and the pass is worth nothing any more. Asked
-- again, nothing is left to do.
-- KEYS settings hash: the room's settings and counters
-- KEYS places hash: identity to lane entry joinedAt
-- KEYS back zset: identities that were stepped over and are here again, by lane and number
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- KEYS passes hash: identity to the pass's number|renewals left
-- KEYS revoked zset: numbers of passes that were given up or taken away, by their end
-- KEYS news channel: what the gateways hear
-- ARGV identity string: whose place
-- RETURNS "left" | "place_missing"
-- RESULTS left: the place is gone
-- RESULTS place_missing: there was none
local settings, places, back, turns = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local inside, passes, revoked, news = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local identity = ARGV[1]

if redis.call("HDEL", places, identity) == 0 then
  return "place_missing"
end
redis.call("ZREM", back, identity)
redis.call("ZREM", turns, identity)
local endsAtMs = redis.call("ZSCORE", inside, identity)
if endsAtMs then
  local number = string.match(redis.call("HGET", passes, identity), "^(%d+)|")
  redis.call("ZREM", inside, identity)
  redis.call("HDEL", passes, identity)
  redis.call("ZADD", revoked, endsAtMs, number)
  local count = redis.call("HINCRBY", settings, "revocations", 1)
  local message = { kind = "revoked", identity = identity, pass = tonumber(number), revocations = count }
  redis.call("SPUBLISH", news, cjson.encode(message))
end
return "left"
