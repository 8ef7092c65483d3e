#!lua
-- Gives an identity its one place in the room. Joining again finds the same place, in any state of the room;
-- a place whose turn or pass is over is gone, and joining gives a new one at the end.
-- KEYS settings hash: the room's settings and counters
-- KEYS places hash: identity to number|joinedAtMs|buyerId
-- KEYS waiting zset: identities that wait, by number
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- ARGV identity string: what may have one place
-- ARGV buyerId string: the session that acts for the place
-- ARGV nowMs number: the caller's time
-- RETURNS [where: "waiting" | "turn" | "inside", number: number, mark: number, state: string, joinedAtMs: number, fresh: 0 | 1] | ["place_elsewhere"] | ["room_closed", string]
-- RESULTS waiting: mark is the number served up to
-- RESULTS turn: mark is the end of the turn's window
-- RESULTS inside: mark is the end of the pass
-- RESULTS place_elsewhere: another session has the place of this identity
-- RESULTS room_closed: the room takes no new places; its state follows, or "missing"
local settings, places, waiting, turns, inside = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local identity, buyerId, nowMs = ARGV[1], ARGV[2], tonumber(ARGV[3])

local state, roomNowMs, servedUpTo = unpack(redis.call("HMGET", settings, "state", "nowMs", "servedUpTo"))
if not state then
  return { "room_closed", "missing" }
end
nowMs = math.max(nowMs, tonumber(roomNowMs))

local place = redis.call("HGET", places, identity)
local deadlineMs = place and redis.call("ZSCORE", turns, identity)
local passEndsAtMs = place and redis.call("ZSCORE", inside, identity)
local endsAtMs = tonumber(deadlineMs or passEndsAtMs)

if endsAtMs and endsAtMs <= nowMs then
  redis.call("HDEL", places, identity)
  redis.call("ZREM", turns, identity)
  redis.call("ZREM", inside, identity)
  place = false
end

if place then
  local number, joinedAtMs, owner = string.match(place, "^(%d+)|(%d+)|(.*)$")
  if owner ~= buyerId then
    return { "place_elsewhere" }
  end
  local where = (deadlineMs and "turn") or (passEndsAtMs and "inside") or "waiting"
  return { where, tonumber(number), endsAtMs or tonumber(servedUpTo), state, tonumber(joinedAtMs), 0 }
end

if state == "scheduled" or state == "closed" then
  return { "room_closed", state }
end
local number = redis.call("HINCRBY", settings, "lastNumber", 1)
redis.call("HSET", places, identity, string.format("%d|%d|%s", number, nowMs, buyerId))
redis.call("ZADD", waiting, number, identity)
return { "waiting", number, tonumber(servedUpTo), state, nowMs, 1 }
