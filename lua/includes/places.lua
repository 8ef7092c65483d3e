-- A place is kept as `lane entry joinedAt`, with a ` lapsed` behind it once its turn was not taken up, with a
-- ` back` and the time once its buyer asked who was stepped over, or with a ` readmitted` where its pass is older
-- than what Redis knows. Entries count in the order of arrival; the number of a place is its entry, or what the draw
-- made of it.
-- Needs: settings, places, back, room, line, drawn. Gives: readPlace, numberOf, lineField, comeBack.
local perBlock, perChunk, identityLength = 32, 256, 22
local chunks = {}

local function readPlace(value)
  local lane, entry, joinedAt, rest = string.match(value, "^(%d+) (%d+) (%d+)(.*)$")
  return {
    lane = tonumber(lane),
    entry = tonumber(entry),
    joinedAt = tonumber(joinedAt),
    lapsed = rest == " lapsed",
    readmitted = rest == " readmitted",
  }
end

-- Nothing while the lobby waits for its draw, or where Redis has forgotten what was drawn.
local function numberOf(place)
  local lane = room.each[place.lane + 1]
  if room.draws == 1 and not room.drawState then
    return nil
  elseif place.entry > lane.drawn then
    return place.entry
  elseif room.drawState ~= "done" then
    return nil
  end
  local field = string.format("%d:%d", place.lane, math.floor((place.entry - 1) / perChunk))
  chunks[field] = chunks[field] or redis.call("HGET", drawn, field)
  local from = (place.entry - 1) % perChunk * 4 + 1
  if not chunks[field] or #chunks[field] < from + 3 then
    return nil
  end
  return (struct.unpack(">I4", chunks[field], from))
end

-- Where the line keeps the identity of a number (`kind` d, of those who were drawn) or of an entry (`kind` a).
local function lineField(kind, lane, number)
  return string.format("%d%s%d", lane, kind, math.floor((number - 1) / perBlock))
end

-- Who was stepped over is the next; the place as it is kept from now on.
local function comeBack(identity, place, number, nowMs)
  local value =
    string.format("%d %d %d back %d", place.lane, place.entry, place.joinedAt, math.floor(nowMs / 1000))
  redis.call("HSET", places, identity, value)
  redis.call("ZADD", back, place.lane * 1099511627776 + number, identity)
  return value
end
