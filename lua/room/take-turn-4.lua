#!lua
-- Exchanges an offered turn for a pass, in one move: the slot is counted as offered or as inside, always once.
-- Asked again while inside, it answers with the same end of the pass.
-- KEYS settings hash: the room's settings and counters
-- KEYS places hash: identity to number|joinedAtMs|buyerId
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- ARGV identity string: whose turn
-- ARGV buyerId string: the session that asks
-- ARGV nowMs number: the caller's time
-- RETURNS ["admitted", number] | ["turn_missing"] | ["place_missing"] | ["place_elsewhere"]
-- RESULTS admitted: the end of the pass follows
-- RESULTS turn_missing: the place still waits
-- RESULTS place_missing: never joined, left, or the turn or the pass is over
-- RESULTS place_elsewhere: another session has the place of this identity
local settings, places, turns, inside = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local identity, buyerId, nowMs = ARGV[1], ARGV[2], tonumber(ARGV[3])

local place = redis.call("HGET", places, identity)
if not place then
  return { "place_missing" }
end
local roomNowMs, passMs = unpack(redis.call("HMGET", settings, "nowMs", "passMs"))
nowMs = math.max(nowMs, tonumber(roomNowMs))

local deadlineMs = redis.call("ZSCORE", turns, identity)
local passEndsAtMs = redis.call("ZSCORE", inside, identity)
local endsAtMs = tonumber(deadlineMs or passEndsAtMs)
if endsAtMs and endsAtMs <= nowMs then
  return { "place_missing" }
end
if string.match(place, "^%d+|%d+|(.*)$") ~= buyerId then
  return { "place_elsewhere" }
end
if passEndsAtMs then
  return { "admitted", endsAtMs }
end
if not deadlineMs then
  return { "turn_missing" }
end

endsAtMs = nowMs + tonumber(passMs)
redis.call("ZREM", turns, identity)
redis.call("ZADD", inside, endsAtMs, identity)
return { "admitted", endsAtMs }
