#!lua
-- Moves a room on by one step: ends turns and passes that are over, offers turns to the lowest numbers, moves
-- the watermark, and publishes it all. Offered turns and live passes together never exceed the cap, whoever
-- calls this however often: the free slots are counted in the same step that fills them.
-- KEYS settings hash: the room's settings and counters
-- KEYS lease string: the driver's id, until the lease ends
-- KEYS places hash: identity to number|joinedAtMs|buyerId
-- KEYS waiting zset: identities that wait, by number
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- KEYS news channel: what the gateways hear
-- ARGV driverId string: who drives
-- ARGV fence number: the fencing number of the driver's lease
-- ARGV leaseMs number: how long the lease lasts from now on
-- ARGV nowMs number: the driver's time; the room's own time never runs backwards
-- ARGV flowMs number: most time whose share of the rate one step may offer
-- ARGV turnsMost number: most turns that one step offers, and most ends of each kind that it handles
-- ARGV tickMs number: how long the room may be silent
-- RETURNS ["stepped", state: string, offered: number, waiting: number, turns: number, inside: number] | ["fenced"] | ["room_missing"]
-- RESULTS stepped: the room's state and counts follow
-- RESULTS fenced: another driver has taken over; nothing was changed
-- RESULTS room_missing: the room was never configured, or Redis forgot it
local settings, lease, places, waiting = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local turns, inside, news = KEYS[5], KEYS[6], KEYS[7]
local driverId, fence, leaseMs, nowMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local flowMs, turnsMost, tickMs = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

local state, ownerId, ownerFence, toldState =
  unpack(redis.call("HMGET", settings, "state", "driverId", "fence", "toldState"))

local function readCounters()
  local names =
    { "cap", "ratePerMinute", "turnWindowMs", "lastNumber", "servedUpTo", "nowMs", "toldAtMs", "flow" }
  local values, counters = redis.call("HMGET", settings, unpack(names)), {}
  for index, name in ipairs(names) do
    counters[name] = tonumber(values[index] or 0)
  end
  return counters
end

local function endWhatIsOver()
  local overTurns = redis.call("ZRANGE", turns, "-inf", nowMs, "BYSCORE", "LIMIT", 0, turnsMost)
  if #overTurns > 0 then
    redis.call("ZREM", turns, unpack(overTurns))
    redis.call("HDEL", places, unpack(overTurns))
  end
  local overPasses = redis.call("ZRANGE", inside, "-inf", nowMs, "BYSCORE", "LIMIT", 0, turnsMost)
  if #overPasses > 0 then
    redis.call("ZREM", inside, unpack(overPasses))
    redis.call("HDEL", places, unpack(overPasses))
  end
end

-- The turns that the rate lets flow in this step, with the fraction that the last one left. Of what could not
-- be offered one turn at most is kept, and a late step makes up for `flowMs` at most: neither a quiet hour nor
-- a fail-over ends in a burst.
local function flowOf(room)
  if state ~= "open" then
    return 0
  end
  local elapsedMs = math.min(nowMs - room.nowMs, flowMs)
  return math.min(room.flow, 1) + elapsedMs * room.ratePerMinute / 60000
end

local function offerTurns(room, flow)
  local free = room.cap - redis.call("ZCARD", turns) - redis.call("ZCARD", inside)
  local count = math.min(free, math.floor(flow), turnsMost)
  if state ~= "open" or count < 1 then
    return {}
  end
  local offered, scored, deadlineMs = {}, {}, nowMs + room.turnWindowMs
  local front = redis.call("ZPOPMIN", waiting, count)
  for index = 1, #front, 2 do
    offered[#offered + 1] =
      { identity = front[index], number = tonumber(front[index + 1]), deadlineMs = deadlineMs }
    scored[index], scored[index + 1] = deadlineMs, front[index]
  end
  if #offered > 0 then
    redis.call("ZADD", turns, unpack(scored))
    redis.call("SPUBLISH", news, cjson.encode({ kind = "turns", turns = offered }))
  end
  return offered
end

-- Whoever waits has a higher number than this.
local function watermarkOf(room)
  local first = redis.call("ZRANGE", waiting, 0, 0, "WITHSCORES")
  return math.max(room.servedUpTo, first[2] and first[2] - 1 or room.lastNumber)
end

local function tell(room, servedUpTo, waitingCount)
  local changed = state ~= toldState or servedUpTo ~= room.servedUpTo
  if not changed and nowMs - room.toldAtMs < tickMs then
    return
  end
  local tick = { kind = "tick", state = state, servedUpTo = servedUpTo, waiting = waitingCount }
  redis.call("SPUBLISH", news, cjson.encode(tick))
  redis.call("HSET", settings, "toldState", state, "toldAtMs", nowMs)
end

if not state then
  return { "room_missing" }
end
if tonumber(ownerFence) ~= fence or ownerId ~= driverId then
  return { "fenced" }
end
redis.call("SET", lease, driverId, "PX", leaseMs)
local room = readCounters()
nowMs = math.max(nowMs, room.nowMs)

endWhatIsOver()
local flow = flowOf(room)
local offered = offerTurns(room, flow)
local servedUpTo, waitingCount = watermarkOf(room), redis.call("ZCARD", waiting)
tell(room, servedUpTo, waitingCount)
redis.call("HSET", settings, "nowMs", nowMs, "flow", flow - #offered, "servedUpTo", servedUpTo)
return {
  "stepped",
  state,
  #offered,
  waitingCount,
  redis.call("ZCARD", turns),
  redis.call("ZCARD", inside),
}
