#!lua
-- Moves a room on by one step: ends turns and passes that are over, offers turns to the lowest numbers that are
-- here, moves the watermarks, and publishes it all. Offered turns and live passes together never exceed the cap,
-- whoever calls this however often: the free slots are counted in the same step that fills them.
-- KEYS settings hash: the room's settings and counters
-- KEYS lease string: the driver's id, until the lease ends
-- KEYS places hash: identity to lane entry joinedAt
-- KEYS line hash: blocks of identities, by entry and, of those who were drawn, by number
-- KEYS drawn hash: blocks of numbers by entry
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
-- ARGV skewMost number: how far the driver's time may be from the server's; 0 does not look
-- RETURNS ["stepped", state: string, waits: number[], waiting: number, turns: number, inside: number, present: number, lanes: string, drawState: string, incarnation: number, reports: string[], joined: number] | ["fenced"] | ["clock_wrong"] | ["room_missing"]
-- RESULTS stepped: the state follows, the seconds that those waited who were offered a turn, the counts, what is kept of the lanes, and what the gateways say of themselves
-- RESULTS fenced: another driver has taken over; nothing was changed
-- RESULTS clock_wrong: the driver's time is too far from the server's; nothing was changed
-- RESULTS room_missing: the room was never configured, or Redis forgot it
local settings, lease, places, line, drawn, back = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local turns, inside, passes, revoked = KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local reports, proofs, news = KEYS[11], KEYS[12], KEYS[13]
local driverId, fence, leaseMs, nowMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local flowMs, turnsMost, scanMost, tickMs =
  tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local ratePerMinute, freeSeats, soldOut = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local reserve, about, skewMost = ARGV[12], ARGV[13], tonumber(ARGV[14])

-- INCLUDE room
-- INCLUDE restart
-- INCLUDE places
-- INCLUDE presence

local function endTurns()
  local lapsed = redis.call("ZRANGE", turns, "-inf", nowMs, "BYSCORE", "LIMIT", 0, turnsMost)
  if #lapsed == 0 then
    return
  end
  redis.call("ZREM", turns, unpack(lapsed))
  local values, marked = redis.call("HMGET", places, unpack(lapsed)), {}
  for index, identity in ipairs(lapsed) do
    if values[index] then
      marked[#marked + 1], marked[#marked + 2] =
        identity, string.match(values[index], "^%d+ %d+ %d+") .. " lapsed"
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

-- How many joined in the fastest second of the lobby, or between two steps that are further apart.
local function countJoins(countedAtMs, counted)
  if room.drawState or nowMs - countedAtMs < 1000 then
    return
  end
  local joined = room.joined or 0
  redis.call("HSET", settings, "countedAtMs", nowMs, "counted", joined)
  redis.call("HSET", settings, "peak", math.max(room.peak or 0, joined - counted))
end

-- At the opening the lobby is closed: whoever is in it is drawn, whoever comes now has the number of the entry.
-- Without a draw all have that, and keep it, whatever is set later.
local function closeLobby()
  if room.drawState or nowMs < room.opensAtMs then
    return
  end
  room.drawState = "done"
  for _, lane in ipairs(room.draws == 1 and room.each or {}) do
    lane.drawn = lane.drawn > 0 and lane.drawn or lane.last
    if lane.drawn > 0 then
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
    if lane then
      lane.reserved = math.max(lane.reserved, tonumber(upTo))
    end
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

-- INCLUDE offers

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
local ownerId, ownerFence, toldText, toldAtMs, flowLeft, countedAtMs, counted = unpack(
  redis.call("HMGET", settings, "driverId", "fence", "toldText", "toldAtMs", "flow", "countedAtMs", "counted")
)
if tonumber(ownerFence) ~= fence or ownerId ~= driverId then
  return { "fenced" }
end
-- A clock that is ahead would end passes that every gateway still takes.
local serverSeconds = redis.call("TIME")[1]
if skewMost > 0 and math.abs(nowMs - serverSeconds * 1000) > skewMost then
  return { "clock_wrong" }
end
redis.call("SET", lease, driverId, "PX", leaseMs)
nowMs = math.max(nowMs, room.nowMs)
noticeRestart(nowMs)
room.soldOut = soldOut
extendReserve()
endTurns()
endPasses()
countJoins(tonumber(countedAtMs or 0), tonumber(counted or 0))
closeLobby()
readReports(nowMs)

local state = stateOf(nowMs)
local flow = flowOf(state, tonumber(flowLeft or 0))
local free = room.cap - redis.call("ZCARD", turns) - redis.call("ZCARD", inside)
if freeSeats >= 0 then
  -- The turns that are not taken up yet will want seats too.
  free = math.min(free, freeSeats - redis.call("ZCARD", turns))
end
local mayOffer = state == "open" and nowMs >= room.restoringUntilMs
local offered, waits = offerTurns(mayOffer and math.min(free, math.floor(flow), turnsMost) or 0)
for _, lane in ipairs(room.each) do
  trimGaps(lane, lane.served)
end
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
  room.joined or 0,
}
