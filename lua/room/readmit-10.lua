#!lua
-- Counts a pass again that was given before Redis forgot something, if it still has a slot: the sum of turns and
-- passes never exceeds the cap. Its place is used up with it: the receipt is worth nothing any more.
-- KEYS settings hash: the room's settings and counters
-- KEYS places hash: identity to lane entry joinedAt
-- KEYS line hash: blocks of identities, by entry and, of those who were drawn, by number
-- KEYS drawn hash: blocks of numbers by entry
-- KEYS back zset: identities that were stepped over and are here again, by lane and number
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- KEYS passes hash: identity to the pass's number|renewals left
-- KEYS revoked zset: numbers of passes that were given up or taken away, by their end
-- KEYS returned list: lane entry of the places that came back while the room was drawn
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
-- RESULTS pass_over: ended, given up, taken away, or followed by another pass
-- RESULTS room_missing: the room was never configured, or Redis forgot it
local settings, places, line, drawn, back = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local turns, inside, passes, revoked, returned = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local identity, passNumber, endsAtMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local laneName, entry, joinedAt, nowMs = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

-- INCLUDE room
-- INCLUDE restart
-- INCLUDE places
-- INCLUDE slots
if not room then
  return "room_missing"
end
nowMs = math.max(nowMs, room.nowMs)
noticeRestart(nowMs)
local lane = laneAt(laneName, entry)
if not lane or endsAtMs <= nowMs or redis.call("ZSCORE", revoked, passNumber) then
  return "pass_over"
end
if redis.call("ZSCORE", inside, identity) then
  local number = tonumber(string.match(redis.call("HGET", passes, identity) or "0|", "^(%d+)|"))
  if number > passNumber then
    return "pass_over"
  elseif number < passNumber then
    -- The earlier pass ended before the later one was given: that too was forgotten.
    redis.call("HSET", passes, identity, string.format("%d|0", passNumber))
  end
  redis.call("ZADD", inside, "GT", endsAtMs, identity)
  return "readmitted"
end
local used = redis.call("ZCARD", turns) + redis.call("ZCARD", inside)
if used - (redis.call("ZSCORE", turns, identity) and 1 or 0) >= room.cap then
  return "full"
end

local known = redis.call("HGET", places, identity)
if not known then
  local _, there, write = slotOf(lane, entry)
  if not there then
    write(identity)
  end
  if room.drawState == "drawing" then
    redis.call("RPUSH", returned, string.format("%d %d", lane, entry))
  end
end
local place = known and string.match(known, "^%d+ %d+ %d+")
  or string.format("%d %d %d", lane, entry, joinedAt)
redis.call("HSET", places, identity, place .. " readmitted")
redis.call("ZREM", back, identity)
redis.call("ZREM", turns, identity)
redis.call("ZADD", inside, endsAtMs, identity)
redis.call("HSET", passes, identity, string.format("%d|0", passNumber))
return "readmitted"
