#!lua
-- Gives a place back that Redis has forgotten, with its number, to whoever has its receipt; once. A place that was
-- left or used up is not forgotten, and its receipt is worth nothing.
-- KEYS settings hash: the room's settings and counters
-- KEYS places hash: identity to lane entry joinedAt
-- KEYS line hash: blocks of identities, by entry and, of those who were drawn, by number
-- KEYS drawn hash: blocks of numbers by entry
-- KEYS back zset: identities that were stepped over and are here again, by lane and number
-- KEYS returned list: lane entry of the places that came back while the room was drawn
-- ARGV identity string: whose receipt
-- ARGV laneName string: the receipt's lane
-- ARGV entry number: the receipt's entry
-- ARGV joinedAt number: in seconds
-- ARGV incarnation number: of the room when the receipt was given
-- ARGV nowMs number: the caller's time
-- RETURNS "restored" | "known" | "receipt_spent" | "receipt_wrong" | "room_missing"
-- RESULTS restored: the place is there again
-- RESULTS known: the identity has a place
-- RESULTS receipt_spent: the place was left or used up, or nothing was forgotten
-- RESULTS receipt_wrong: no such place can have been given
-- RESULTS room_missing: the room was never configured, or Redis forgot it
local settings, places, line = KEYS[1], KEYS[2], KEYS[3]
local drawn, back, returned = KEYS[4], KEYS[5], KEYS[6]
local identity, laneName, entry = ARGV[1], ARGV[2], tonumber(ARGV[3])
local joinedAt, incarnation, nowMs = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

-- INCLUDE room
-- INCLUDE restart
-- INCLUDE places
-- INCLUDE slots
if not room then
  return "room_missing"
end
nowMs = math.max(nowMs, room.nowMs)
noticeRestart(nowMs)
if redis.call("HEXISTS", places, identity) == 1 then
  return "known"
end
if incarnation >= room.incarnation then
  return "receipt_spent"
end

local lane, kept = laneAt(laneName, entry)
if not lane then
  return "receipt_wrong"
end
local number, there, write = slotOf(lane, entry)
if there then
  return there == identity and "receipt_spent" or "receipt_wrong"
end
write(identity)
redis.call("HSET", places, identity, string.format("%d %d %d", lane, entry, joinedAt))
if number and number <= kept.served then
  comeBack(identity, { lane = lane, entry = entry, joinedAt = joinedAt }, number, nowMs)
end
if room.drawState == "drawing" then
  redis.call("RPUSH", returned, string.format("%d %d", lane, entry))
end
return "restored"
