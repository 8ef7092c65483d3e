#!lua
-- Makes a pass last longer, as often as the room allows: a whole length of a pass from now on.
-- KEYS settings hash: the room's settings and counters
-- KEYS places hash: identity to lane entry joinedAt
-- KEYS inside zset: identities with a pass, by its end
-- KEYS passes hash: identity to the pass's number|renewals left
-- ARGV identity string: whose pass
-- ARGV nowMs number: the caller's time
-- RETURNS ["renewed", endsAtMs: number, passNumber: number, renewals: number, incarnation: number, place: string, laneNames: string] | ["renewals_used"] | ["pass_missing"]
-- RESULTS renewed: the pass follows, with the renewals that are left
-- RESULTS renewals_used: it was renewed as often as the room allows
-- RESULTS pass_missing: not inside (any more), or its number was lost with a part of the slot
local settings, places, inside, passes = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local identity, nowMs = ARGV[1], tonumber(ARGV[2])

-- INCLUDE room
-- INCLUDE restart
local endsAtMs = tonumber(redis.call("ZSCORE", inside, identity) or nil)
local place = redis.call("HGET", places, identity)
if not (room and place and endsAtMs) then
  return { "pass_missing" }
end
nowMs = math.max(nowMs, room.nowMs)
noticeRestart(nowMs)
if endsAtMs <= nowMs then
  return { "pass_missing" }
end
local number, left = string.match(redis.call("HGET", passes, identity) or "", "^(%d+)|(%d+)$")
if not number then
  return { "pass_missing" }
elseif tonumber(left) < 1 then
  return { "renewals_used" }
end
endsAtMs = math.max(endsAtMs, nowMs + room.passMs)
redis.call("ZADD", inside, endsAtMs, identity)
redis.call("HSET", passes, identity, string.format("%d|%d", number, left - 1))
return { "renewed", endsAtMs, tonumber(number), left - 1, room.incarnation, place, room.laneNames }
