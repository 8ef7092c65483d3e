#!lua
-- Opens a room whose draw is done and kept: from now on everybody who was drawn has a number. Before that, whoever
-- came back while the line was written gets the drawn slot too. For the grace of the absent nobody is stepped over:
-- the gateways have to learn the numbers of all who are here first.
-- KEYS settings hash: the room's settings and counters
-- KEYS lease string: the driver's id, until the lease ends
-- KEYS places hash: identity to lane entry joinedAt
-- KEYS line hash: blocks of identities, by entry and, of those who were drawn, by number
-- KEYS drawn hash: blocks of numbers by entry
-- KEYS back zset: identities that were stepped over and are here again, by lane and number
-- KEYS returned list: lane entry of the places that came back while the room was drawn
-- KEYS news channel: what the gateways hear
-- ARGV driverId string: who drives
-- ARGV fence number: the fencing number of the driver's lease
-- ARGV incarnation number: of the room when the lobby was read
-- ARGV entrants string: of each lane, how many were drawn
-- ARGV carried number: so many of the places that came back have their drawn slots
-- ARGV most number: most places that one call carries over
-- RETURNS ["drawn"] | ["restored", carried: number] | ["forgotten"] | ["fenced"]
-- RESULTS drawn: the room may open
-- RESULTS restored: more places came back since; so many have their drawn slots now
-- RESULTS forgotten: Redis may have forgotten some of what was written; the line must be written again
-- RESULTS fenced: another driver has taken over; nothing was changed
local settings, lease, places, line = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local drawn, back, returned, news = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local driverId, fence, incarnation, entrants = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local carried, most = tonumber(ARGV[5]), tonumber(ARGV[6])

-- INCLUDE room
-- INCLUDE restart
-- INCLUDE places
-- INCLUDE slots
local ownerId, ownerFence = unpack(redis.call("HMGET", settings, "driverId", "fence"))
if ownerId ~= driverId or tonumber(ownerFence) ~= fence or redis.call("GET", lease) ~= driverId then
  return { "fenced" }
end
noticeRestart(room.nowMs)
if room.incarnation ~= incarnation then
  return { "forgotten" }
end

-- As it was published: a lobby that was closed twice, because Redis forgot the first time, counts others too.
local position = 0
for count in string.gmatch(entrants, "%d+") do
  position = position + 1
  room.each[position].drawn = tonumber(count)
end
room.drawState = "done"

local function carryOver(lane, entry)
  local block = redis.call("HGET", line, lineField("a", lane, entry))
  local from = (entry - 1) % perBlock * identityLength + 1
  local _, _, write = slotOf(lane, entry)
  write(string.sub(block, from, from + identityLength - 1))
end

local late = redis.call("LRANGE", returned, carried, carried + most - 1)
for _, text in ipairs(late) do
  local lane, entry = string.match(text, "^(%d+) (%d+)$")
  carryOver(tonumber(lane), tonumber(entry))
end
if carried + #late < redis.call("LLEN", returned) then
  return { "restored", carried + #late }
end
redis.call("DEL", returned)
for _, lane in ipairs(room.each) do
  -- In the lobby an entry that was never given is drawn like any other: ahead of whom it lies is chance.
  trimGaps(lane, lane.drawn)
end
saveLanes()
redis.call("HSET", settings, "drawState", "done", "patientUntilMs", room.nowMs + room.absenceGraceMs)
redis.call("SPUBLISH", news, cjson.encode({ kind = "drawn" }))
return { "drawn" }
