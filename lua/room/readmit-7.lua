#!lua
-- Counts a pass again that was given before Redis forgot something, if it still has a slot: the sum of turns and
-- passes never exceeds the cap.
-- KEYS settings hash: the room's settings and counters
-- KEYS places hash: identity to lane entry joinedAt
-- KEYS back zset: identities that were stepped over and are here again, by lane and number
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- KEYS passes hash: identity to the pass's number|renewals left
-- KEYS revoked zset: numbers of passes that were given up or taken away, by their end
-- ARGV identity string: whose pass
-- ARGV passNumber number: the number of the pass
-- ARGV endsAtMs number: its end
-- ARGV laneName string: of the place
-- ARGV entry number: of the place
-- ARGV joinedAt number: of the place, in seconds
-- ARGV nowMs number: the caller's time
-- RETURNS "readmitted" | "full" | "pass_over" | "room_missing"
-- RESULTS readmitted: the pass counts
-- RESULTS full: others are inside; the turn must be waited for
-- RESULTS pass_over: ended, given up or taken away
-- RESULTS room_missing: the room was never configured, or Redis forgot it
local settings, places, back, turns = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local inside, passes, revoked = KEYS[5], KEYS[6], KEYS[7]
local identity, passNumber, endsAtMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local laneName, entry, joinedAt, nowMs = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

local cap, roomNowMs, given, laneNames =
  unpack(redis.call("HMGET", settings, "cap", "nowMs", "passes", "laneNames"))
if not cap then
  return "room_missing"
end
if endsAtMs <= math.max(nowMs, tonumber(roomNowMs)) or redis.call("ZSCORE", revoked, passNumber) then
  return "pass_over"
end
if redis.call("ZSCORE", inside, identity) then
  return "readmitted"
end
local used = redis.call("ZCARD", turns) + redis.call("ZCARD", inside)
if used - redis.call("ZREM", turns, identity) >= tonumber(cap) then
  return "full"
end
local lane, position = 0, 0
for name in string.gmatch(laneNames, "[^,]+") do
  if name == laneName then
    lane = position
  end
  position = position + 1
end
redis.call("HSETNX", places, identity, string.format("%d %d %d", lane, entry, joinedAt))
redis.call("ZREM", back, identity)
redis.call("ZADD", inside, endsAtMs, identity)
redis.call("HSET", passes, identity, string.format("%d|0", passNumber))
redis.call("HSET", settings, "passes", math.max(tonumber(given or 0), passNumber))
return "readmitted"
