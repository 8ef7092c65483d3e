#!lua
-- Moves a room on by one step: ends turns and passes that are over, offers turns to the lowest numbers that are
-- here, moves the watermarks, and publishes it all. Offered turns and live passes together never exceed the cap,
-- whoever calls this however often: the free slots are counted in the same step that fills them.
-- KEYS settings hash: the room's settings and counters
-- KEYS lease string: the driver's id, until the lease ends
-- KEYS places hash: identity to lane entry joinedAt
-- KEYS line hash: blocks of identities, by entry and, of those who were drawn, by number
-- KEYS back zset: identities that were stepped over and are here again, by lane and number
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- KEYS passes hash: identity to the pass's number|renewals left
-- KEYS revoked zset: numbers of passes that were given up or taken away, by their end
-- KEYS reports hash: who is here, gateway by gateway
-- KEYS proofs zset: proofs of work that were used, by their end
-- KEYS news channel: what the gateways hear
-- ARGV driverId string: who drives
-- ARGV fence number: the fencing number of the driver's lease
-- ARGV leaseMs number: how long the lease lasts from now on
-- ARGV nowMs number: the driver's time; the room's own time never runs backwards
-- ARGV flowMs number: most time whose share of the rate one step may offer
-- ARGV turnsMost number: most turns that one step offers, and most ends of each kind that it handles
-- ARGV scanMost number: most numbers of a lane that one step looks at
-- ARGV tickMs number: how long the room may be silent
-- ARGV ratePerMinute number: most turns offered in a minute
-- ARGV freeSeats number: seats that can still be claimed; below 0 where nobody knows
-- ARGV soldOut number: 1 where no seat is free and none can come back
-- ARGV reserve string: the highest number of each lane that may be given, or ""
-- ARGV about string: JSON, goes out with the ticks as it is
-- RETURNS ["stepped", state: string, waits: number[], waiting: number, turns: number, inside: number, present: number, lanes: string, drawState: string, incarnation: number, reports: string[]] | ["fenced"] | ["room_missing"]
-- RESULTS stepped: the state follows, the seconds that those waited who were offered a turn, the counts, what is kept of the lanes, and what the gateways say of themselves
-- RESULTS fenced: another driver has taken over; nothing was changed
-- RESULTS room_missing: the room was never configured, or Redis forgot it
local settings, lease, places, line, back = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local turns, inside, passes, revoked = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local reports, proofs, news = KEYS[10], KEYS[11], KEYS[12]
local driverId, fence, leaseMs, nowMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local flowMs, turnsMost, scanMost, tickMs =
  tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local ratePerMinute, freeSeats, soldOut = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local reserve, about = ARGV[12], ARGV[13]

-- INCLUDE room
-- INCLUDE restart
-- INCLUDE presence
local perBlock, identityLength, laneWidth = 32, 22, 1099511627776

local function endTurns()
  local lapsed = redis.call("ZRANGE", turns, "-inf", nowMs, "BYSCORE", "LIMIT", 0, turnsMost)
  if #lapsed == 0 then
    return
  end
  redis.call("ZREM", turns, unpack(lapsed))
  local values, marked = redis.call("HMGET", places, unpack(lapsed)), {}
  for index, identity in ipairs(lapsed) do
    if values[index] then
      marked[#marked + 1], marked[#marked + 2] = identity, values[index] .. " lapsed"
    end
  end
  if #marked > 0 then
    redis.call("HSET", places, unpack(marked))
  end
end

local function endPasses()
  local ended = redis.call("ZRANGE", inside, "-inf", nowMs, "BYSCORE", "LIMIT", 0, turnsMost)
  if #ended > 0 then
    redis.call("ZREM", inside, unpack(ended))
    redis.call("HDEL", places, unpack(ended))
    redis.call("HDEL", passes, unpack(ended))
  end
  redis.call("ZREMRANGEBYSCORE", revoked, "-inf", nowMs)
  redis.call("ZREMRANGEBYSCORE", proofs, "-inf", nowMs)
end

-- At the opening the lobby is closed: whoever is in it is drawn, whoever comes now has the number of the entry.
-- Without a draw all have that, and keep it, whatever is set later.
local function closeLobby()
  if room.drawState or nowMs < room.opensAtMs then
    return
  end
  room.drawState = "done"
  for _, lane in ipairs(room.draws == 1 and room.each or {}) do
    lane.drawn = lane.last
    if lane.last > 0 then
      room.drawState = "drawing"
    end
  end
  redis.call("HSET", settings, "drawState", room.drawState)
end

local function extendReserve()
  local position = 0
  for upTo in string.gmatch(reserve, "%d+") do
    position = position + 1
    local lane = room.each[position]
    lane.reserved = math.max(lane.reserved, tonumber(upTo))
  end
end

-- The turns that the rate lets flow in this step, with the fraction that the last one left. Of what could not
-- be offered one turn at most is kept, and a late step makes up for `flowMs` at most: neither a quiet hour nor
-- a fail-over ends in a burst.
local function flowOf(state, kept)
  if state ~= "open" then
    return 0
  end
  local elapsedMs = math.min(nowMs - room.nowMs, flowMs)
  return math.min(kept, 1) + elapsedMs * ratePerMinute / 60000
end

-- Those who were stepped over and came back, lowest number first. Who is gone again is away again.
local function readBack(index)
  local least = (index - 1) * laneWidth
  local found =
    redis.call("ZRANGE", back, least, least + laneWidth - 1, "BYSCORE", "LIMIT", 0, turnsMost, "WITHSCORES")
  local candidates = {}
  for position = 1, #found, 2 do
    local number = tonumber(found[position + 1]) - least
    if isHere(index - 1, number) then
      candidates[#candidates + 1] = { identity = found[position], number = number, isBack = true }
    else
      redis.call("ZREM", back, found[position])
    end
  end
  return candidates
end

-- The identities from a number to the end of its block, with their places, where they have them still.
local function readBlock(index, number)
  local lane = room.each[index]
  local kind, position = number <= lane.drawn and "d" or "a", (number - 1) % perBlock
  local field = string.format("%d%s%d", index - 1, kind, math.floor((number - 1) / perBlock))
  local block = redis.call("HGET", line, field)
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
    local entry = value and tonumber(string.match(value, "^%d+ (%d+) %d+$"))
    local isOwn = entry and (number <= lane.drawn or entry == number)
    return isOwn and walk.identities[offset], value
  end

  function walk.peek()
    while not walk.back[1] and not walk.found and walk.number <= last do
      local identity, value = placeAt(walk.number)
      local isKnown = walk.number <= known
      if identity and isKnown and isHere(index - 1, walk.number) then
        walk.found = { identity = identity, number = walk.number, value = value }
      elseif identity and not (isKnown and mayPassAbsent) then
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
  for index = 1, #room.each do
    walks[index] = newWalk(index, count > 0)
    walks[index].peek()
  end
  local offered, scored, waits, deadlineMs = {}, {}, {}, nowMs + room.turnWindowMs
  while #offered < count do
    local walk = pickLane(walks, weights)
    if not walk then
      break
    end
    local candidate = walk.take()
    local value = candidate.value or redis.call("HGET", places, candidate.identity)
    local joinedAt = value and tonumber(string.match(value, "^%d+ %d+ (%d+)"))
    if joinedAt then
      offered[#offered + 1] = {
        identity = candidate.identity,
        lane = walk.index - 1,
        number = candidate.number,
        deadlineMs = deadlineMs,
      }
      scored[#scored + 1], scored[#scored + 2] = deadlineMs, candidate.identity
      waits[#waits + 1] = math.max(0, math.floor(nowMs / 1000) - joinedAt)
    end
  end
  if #offered > 0 then
    redis.call("ZADD", turns, unpack(scored))
    redis.call("SPUBLISH", news, cjson.encode({ kind = "turns", turns = offered }))
  end
  return offered, waits
end

-- What no longer lies before anybody is forgotten.
local function dropGaps()
  for _, lane in ipairs(room.each) do
    local left = {}
    for from, upTo in string.gmatch(lane.gaps, "(%d+)-(%d+)") do
      if tonumber(upTo) > lane.served then
        left[#left + 1] = from .. "-" .. upTo
      end
    end
    lane.gaps = #left > 0 and table.concat(left, ",") or "-"
  end
end

local function tell(state, waiting, told)
  local now = state .. room.lanes .. room.incarnation
  if now == told.text and nowMs - told.atMs < tickMs then
    return
  end
  local tick = {
    kind = "tick",
    state = state,
    soldOut = soldOut == 1,
    lanes = room.lanes,
    laneNames = room.laneNames,
    waiting = waiting,
    incarnation = room.incarnation,
    revocations = room.revocations or 0,
    drawState = room.drawState or "",
    about = about,
  }
  redis.call("SPUBLISH", news, cjson.encode(tick))
  redis.call("HSET", settings, "toldText", now, "toldAtMs", nowMs, "tick", cjson.encode(tick))
end

if not room then
  return { "room_missing" }
end
local ownerId, ownerFence, toldText, toldAtMs, flowLeft =
  unpack(redis.call("HMGET", settings, "driverId", "fence", "toldText", "toldAtMs", "flow"))
if tonumber(ownerFence) ~= fence or ownerId ~= driverId then
  return { "fenced" }
end
redis.call("SET", lease, driverId, "PX", leaseMs)
nowMs = math.max(nowMs, room.nowMs)
noticeRestart(nowMs)
room.soldOut = soldOut
extendReserve()
endTurns()
endPasses()
closeLobby()
readReports(nowMs)

local state = stateOf(nowMs)
local flow = flowOf(state, tonumber(flowLeft or 0))
local free = room.cap - redis.call("ZCARD", turns) - redis.call("ZCARD", inside)
if freeSeats >= 0 then
  free = math.min(free, freeSeats)
end
local mayOffer = state == "open" and nowMs >= room.restoringUntilMs
local offered, waits = offerTurns(mayOffer and math.min(free, math.floor(flow), turnsMost) or 0)
dropGaps()
saveLanes()

local turnCount, insideCount = redis.call("ZCARD", turns), redis.call("ZCARD", inside)
local waiting = redis.call("HLEN", places) - turnCount - insideCount
tell(state, waiting, { text = toldText, atMs = tonumber(toldAtMs or 0) })
redis.call("HSET", settings, "nowMs", nowMs, "flow", flow - #offered, "soldOut", soldOut)
return {
  "stepped",
  state,
  waits,
  waiting,
  turnCount,
  insideCount,
  presentCount,
  room.lanes,
  room.drawState or "",
  room.incarnation,
  tails,
}
