-- Offers turns: lane by lane from the watermark on, to those who are here.
-- Needs: room, places, line, back, turns, news, readPlace, numberOf, lineField, isHere, knownUpTo, nowMs, turnsMost,
-- scanMost. Gives: offerTurns.
local laneWidth = 1099511627776

-- Who joined or asked a moment ago is here, though no gateway can have reported it yet.
local function isFresh(seenAt)
  return seenAt and tonumber(seenAt) * 1000 + room.absenceGraceMs > nowMs
end

-- Those who were stepped over and came back, lowest number first. Who is gone again is away again.
local function readBack(index)
  local least = (index - 1) * laneWidth
  local found =
    redis.call("ZRANGE", back, least, least + laneWidth - 1, "BYSCORE", "LIMIT", 0, turnsMost, "WITHSCORES")
  local candidates, identities = {}, {}
  for position = 1, #found, 2 do
    identities[#identities + 1] = found[position]
  end
  local values = #identities > 0 and redis.call("HMGET", places, unpack(identities)) or {}
  for position, identity in ipairs(identities) do
    local number, value = tonumber(found[2 * position]) - least, values[position]
    if value and (isHere(index - 1, number) or isFresh(string.match(value, " back (%d+)$"))) then
      candidates[#candidates + 1] = { identity = identity, number = number, value = value, isBack = true }
    else
      redis.call("ZREM", back, identity)
    end
  end
  return candidates
end

-- The identities from a number to the end of its block, with their places, where they have them still.
local function readBlock(index, number)
  local lane = room.each[index]
  local kind, position = number <= lane.drawn and "d" or "a", (number - 1) % perBlock
  local block = redis.call("HGET", line, lineField(kind, index - 1, number))
  local upTo = math.min(number - 1 - position + perBlock, kind == "d" and lane.drawn or lane.last)
  local identities = {}
  if not block then
    return upTo, identities, identities
  end
  for entry = number, upTo do
    local from = (entry - 1) % perBlock * identityLength + 1
    identities[#identities + 1] = string.sub(block, from, from + identityLength - 1)
  end
  return upTo, identities, redis.call("HMGET", places, unpack(identities))
end

-- Walks a lane from its watermark on. Those who left are passed; so are, while turns are offered, the absent.
local function newWalk(index, mayPassAbsent)
  local lane = room.each[index]
  local walk = { lane = lane, index = index, back = readBack(index), number = lane.served + 1, upTo = 0 }
  local known, last = knownUpTo(index - 1), math.min(lane.last, lane.served + scanMost)

  local function placeAt(number)
    if number > walk.upTo then
      walk.first = number
      walk.upTo, walk.identities, walk.values = readBlock(index, number)
    end
    local offset = number - walk.first + 1
    local value = walk.values[offset]
    local isPlace = value and string.match(value, "^%d+ %d+ %d+$")
    return isPlace and walk.identities[offset], value
  end

  -- Who left and joined again has another place, and nothing of the one that was left.
  local function isOwn(value, number)
    local place = readPlace(value)
    return place.lane == index - 1 and numberOf(place) == number
  end

  function walk.peek()
    while not walk.back[1] and not walk.found and walk.number <= last do
      local identity, value = placeAt(walk.number)
      local isKnown = walk.number <= known
      local isThere = identity
        and (isKnown and isHere(index - 1, walk.number) or isFresh(string.match(value, "(%d+)$")))
      if isThere and isOwn(value, walk.number) then
        walk.found = { identity = identity, number = walk.number, value = value }
      elseif identity and not isThere and not (isKnown and mayPassAbsent) and isOwn(value, walk.number) then
        return nil
      else
        walk.number, lane.served = walk.number + 1, walk.number
      end
    end
    return walk.back[1] or walk.found
  end

  function walk.take()
    local candidate = walk.peek()
    if candidate.isBack then
      table.remove(walk.back, 1)
      redis.call("ZREM", back, candidate.identity)
    else
      walk.found, walk.number, lane.served = nil, candidate.number + 1, candidate.number
    end
    return candidate
  end
  return walk
end

-- Of the lanes with somebody to let in, the one that is owed most; each is owed its weight for every turn.
local function pickLane(walks, weights)
  local picked, sum = nil, 0
  for index, walk in ipairs(walks) do
    if walk.peek() then
      walk.lane.credit = walk.lane.credit + weights[index]
      sum = sum + weights[index]
      if not picked or walk.lane.credit > picked.lane.credit then
        picked = walk
      end
    else
      walk.lane.credit = 0
    end
  end
  if picked then
    picked.lane.credit = picked.lane.credit - sum
  end
  return picked
end

-- Until the draw is done nobody has a number, and no lane is walked.
local function offerTurns(count)
  if room.drawState ~= "done" then
    return {}, {}
  end
  local weights, walks = {}, {}
  for weight in string.gmatch(tostring(room.weights), "%d+") do
    weights[#weights + 1] = tonumber(weight)
  end
  for index = 1, #weights do
    walks[index] = newWalk(index, count > 0 and nowMs >= (room.patientUntilMs or 0))
    walks[index].peek()
  end
  local offered, scored, waits, deadlineMs = {}, {}, {}, nowMs + room.turnWindowMs
  while #offered < count do
    local walk = pickLane(walks, weights)
    if not walk then
      break
    end
    local candidate = walk.take()
    local joinedAt = tonumber(string.match(candidate.value, "^%d+ %d+ (%d+)"))
    offered[#offered + 1] = {
      identity = candidate.identity,
      lane = walk.index - 1,
      number = candidate.number,
      deadlineMs = deadlineMs,
    }
    scored[#scored + 1], scored[#scored + 2] = deadlineMs, candidate.identity
    waits[#waits + 1] = math.max(0, math.floor(nowMs / 1000) - joinedAt)
  end
  if #offered > 0 then
    redis.call("ZADD", turns, unpack(scored))
    redis.call("SPUBLISH", news, cjson.encode({ kind = "turns", turns = offered }))
  end
  return offered, waits
end
