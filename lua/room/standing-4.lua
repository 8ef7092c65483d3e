#!lua flags=no-writes
-- Says where an identity stands in the room.
-- KEYS settings hash: the room's settings and counters
-- KEYS places hash: identity to number|joinedAtMs|buyerId
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- ARGV identity string: whose place
-- ARGV buyerId string: the session that asks
-- ARGV nowMs number: the caller's time
-- RETURNS [where: "waiting" | "turn" | "inside", number: number, mark: number, state: string] | ["place_missing"] | ["place_elsewhere"]
-- RESULTS waiting: mark is the number served up to
-- RESULTS turn: mark is the end of the turn's window
-- RESULTS inside: mark is the end of the pass
-- RESULTS place_missing: never joined, left, or the turn or the pass is over
-- RESULTS place_elsewhere: another session has the place of this identity
local settings, places, turns, inside = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local identity, buyerId, nowMs = ARGV[1], ARGV[2], tonumber(ARGV[3])

local place = redis.call("HGET", places, identity)
if not place then
  return { "place_missing" }
end
local state, roomNowMs, servedUpTo = unpack(redis.call("HMGET", settings, "state", "nowMs", "servedUpTo"))
nowMs = math.max(nowMs, tonumber(roomNowMs))

local deadlineMs = redis.call("ZSCORE", turns, identity)
local passEndsAtMs = redis.call("ZSCORE", inside, identity)
local endsAtMs = tonumber(deadlineMs or passEndsAtMs)
if endsAtMs and endsAtMs <= nowMs then
  return { "place_missing" }
end

local number, owner = string.match(place, "^(%d+)|%d+|(.*)$")
if owner ~= buyerId then
  return { "place_elsewhere" }
end
local where = (deadlineMs and "turn") or (passEndsAtMs and "inside") or "waiting"
return { where, tonumber(number), endsAtMs or tonumber(servedUpTo), state }
