#!lua
-- Exchanges an offered turn for a pass, in one move: the slot is counted as offered or as inside, always once.
-- Asked again while inside, it answers with the same pass.
-- KEYS settings hash: the room's settings and counters
-- KEYS places hash: identity to lane entry joinedAt
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- KEYS passes hash: identity to the pass's number|renewals left
-- ARGV identity string: whose turn
-- ARGV nowMs number: the caller's time
-- RETURNS ["admitted", endsAtMs: number, passNumber: number, renewals: number, incarnation: number, place: string, laneNames: string] | ["turn_missing"] | ["place_missing"]
-- RESULTS admitted: the pass follows
-- RESULTS turn_missing: the place still waits, or has let its turn lapse
-- RESULTS place_missing: never joined, left, or the pass is over
local settings, places, turns, inside, passes = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local identity, nowMs = ARGV[1], tonumber(ARGV[2])

-- INCLUDE room
-- INCLUDE restart
local place = redis.call("HGET", places, identity)
if not (room and place) then
  return { "place_missing" }
end
nowMs = math.max(nowMs, room.nowMs)
noticeRestart(nowMs)

local passEndsAtMs = tonumber(redis.call("ZSCORE", inside, identity) or nil)
if passEndsAtMs then
  if passEndsAtMs <= nowMs then
    return { "place_missing" }
  end
  local number, left = string.match(redis.call("HGET", passes, identity) or "", "^(%d+)|(%d+)$")
  -- Lost with a part of the slot: it gets a number of its own again.
  if not number then
    number, left = redis.call("HINCRBY", settings, "passes", 1), 0
    redis.call("HSET", passes, identity, string.format("%d|%d", number, left))
  end
  return {
    "admitted",
    passEndsAtMs,
    tonumber(number),
    tonumber(left),
    room.incarnation,
    place,
    room.laneNames,
  }
end
local deadlineMs = tonumber(redis.call("ZSCORE", turns, identity) or nil)
if not deadlineMs or deadlineMs <= nowMs then
  return { "turn_missing" }
end

local endsAtMs = nowMs + room.passMs
local number = redis.call("HINCRBY", settings, "passes", 1)
redis.call("ZREM", turns, identity)
redis.call("ZADD", inside, endsAtMs, identity)
redis.call("HSET", passes, identity, string.format("%d|%d", number, room.renewals))
return { "admitted", endsAtMs, number, room.renewals, room.incarnation, place, room.laneNames }
