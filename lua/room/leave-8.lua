#!lua
-- Gives up a place with its turn or pass; the slot is free at once, and the pass is worth nothing any more. Asked
-- again, nothing is left to do. A caller who knows that a pass was given up before, which Redis has forgotten, names
-- the pass: whatever came after it stays.
-- KEYS settings hash: the room's settings and counters
-- KEYS places hash: identity to lane entry joinedAt
-- KEYS back zset: identities that were stepped over and are here again, by lane and number
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- KEYS passes hash: identity to the pass's number|renewals left
-- KEYS revoked zset: numbers of passes that were given up or taken away, by their end
-- KEYS news channel: what the gateways hear
-- ARGV identity string: whose place
-- ARGV onlyPass number: only where this pass is inside; 0: whatever there is
-- RETURNS "left" | "place_missing"
-- RESULTS left: the place is gone
-- RESULTS place_missing: there was none, or it has another pass
local settings, places, back, turns = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local inside, passes, revoked, news = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local identity, onlyPass = ARGV[1], tonumber(ARGV[2])

local kept = redis.call("HGET", passes, identity)
local number = kept and string.match(kept, "^(%d+)|")
if onlyPass > 0 and tonumber(number) ~= onlyPass then
  return "place_missing"
end
if redis.call("HDEL", places, identity) == 0 then
  return "place_missing"
end
redis.call("ZREM", back, identity)
redis.call("ZREM", turns, identity)
local endsAtMs = redis.call("ZSCORE", inside, identity)
if endsAtMs then
  redis.call("ZREM", inside, identity)
  redis.call("HDEL", passes, identity)
end
-- Lost with a part of the slot, a pass cannot be named, and ends by its time.
if endsAtMs and number then
  redis.call("ZADD", revoked, endsAtMs, number)
  local count = redis.call("HINCRBY", settings, "revocations", 1)
  local message = { kind = "revoked", identity = identity, pass = tonumber(number), revocations = count }
  redis.call("SPUBLISH", news, cjson.encode(message))
end
return "left"
