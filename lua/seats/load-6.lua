#!lua
-- Builds a section from what Postgres says, also over the one that is there. Fresh unpaid holds that Postgres
-- does not know yet are kept where they do not collide: their bookings may be about to commit. What has ended
-- since the caller began to read Postgres ends here too. Refused where that is not known any more, and where
-- another has rebuilt the section since.
-- KEYS meta hash: kind, capacity, free, version, epoch, ends, rowCount
-- KEYS seats string: one byte a seat: f free, h held, s sold, b blocked
-- KEYS rows string: a byte a row, its longest run of free seats; then two bytes a row and two more: where each begins and the last ends
-- KEYS holds hash: booking id to state|deadlineMs|heldAtMs|requestHash|quantity|seat numbers by comma
-- KEYS unpaid zset: booking ids of unpaid holds by the time of the hold
-- KEYS ended list: what was asked of `end` lately, release:id or confirm:id, and load: for a rebuilding; meta's ends counts them all
-- ARGV nowMs number: the time
-- ARGV keepMs number: holds younger than this are kept
-- ARGV ends number: meta's ends when the caller began to read
-- ARGV section json: kind, capacity, rows as counts of seats
-- ARGV live json: array of [bookingId, state, deadlineMs, requestHash, quantity, seatNumbers]
-- RETURNS ["loaded", number] | ["moved"]
-- RESULTS loaded: how many fresh holds were dropped because Postgres has sold their seats
-- RESULTS moved: read Postgres again
local meta, seats, rows, holds = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local unpaid, ended = KEYS[5], KEYS[6]
local nowMs, keepMs, ends = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local section, live = cjson.decode(ARGV[4]), cjson.decode(ARGV[5])

local oldEnds = tonumber(redis.call("HGET", meta, "ends") or 0)

local fresh, liveById = {}, {}
for _, bookingId in ipairs(redis.call("ZRANGE", unpaid, nowMs - keepMs, "+inf", "BYSCORE")) do
  fresh[bookingId] = redis.call("HGET", holds, bookingId)
end
for _, entry in ipairs(live) do
  liveById[entry[1]] = entry
end

-- One thing that has happened since; false where Postgres has to be read again for it.
local function catchUp(action, bookingId)
  local entry = liveById[bookingId]
  if action == "release" then
    liveById[bookingId] = nil
  elseif action == "confirm" and entry then
    entry[2] = "sold"
  elseif action == "confirm" then
    -- Made and paid since: the hold in Redis is all that tells of it.
    fresh[bookingId] = redis.call("HGET", holds, bookingId)
    return fresh[bookingId]
  end
  return action ~= "load"
end

local since = oldEnds - ends
local asked = since > 0 and redis.call("LRANGE", ended, -since, -1) or {}
if #asked ~= since then
  return { "moved" }
end
for _, line in ipairs(asked) do
  if not catchUp(string.match(line, "^(%a+):(.*)$")) then
    return { "moved" }
  end
end

local states, free = {}, section.capacity
if section.kind == "seated" then
  for number = 1, section.capacity do
    states[number] = "f"
  end
end

local function areFree(numbers, quantity)
  for _, number in ipairs(numbers) do
    if states[number + 1] ~= "f" then
      return false
    end
  end
  return free >= quantity
end

local function put(numbers, quantity, state)
  for _, number in ipairs(numbers) do
    states[number + 1] = state == "sold" and "s" or "h"
  end
  free = free - quantity
end

redis.call("DEL", seats, rows, holds, unpaid)

local function keep(bookingId, hold, heldAtMs)
  redis.call("HSET", holds, bookingId, hold)
  if heldAtMs then
    redis.call("ZADD", unpaid, heldAtMs, bookingId)
  end
end

for bookingId, entry in pairs(liveById) do
  local _, state, deadlineMs, requestHash, quantity, numbers = unpack(entry)
  local list = table.concat(numbers, ",")
  local hold = string.format("%s|%d|%d|%s|%d|%s", state, deadlineMs, nowMs, requestHash, quantity, list)
  put(numbers, quantity, state)
  keep(bookingId, hold, state == "held" and nowMs)
  fresh[bookingId] = nil
end

local dropped = 0
for bookingId, hold in pairs(fresh) do
  local state, heldAtMs, quantity, list = string.match(hold, "^(%a+)|%d+|(%d+)|[^|]*|(%d+)|(.*)$")
  local numbers = {}
  for text in string.gmatch(list, "%d+") do
    numbers[#numbers + 1] = tonumber(text)
  end
  if areFree(numbers, tonumber(quantity)) then
    put(numbers, tonumber(quantity), state)
    keep(bookingId, hold, state == "held" and heldAtMs)
  else
    dropped = dropped + 1
  end
end

local function pair(number)
  return string.char(math.floor(number / 256), number % 256)
end

local runs, begins, first = {}, {}, 0
for row, count in ipairs(section.rows) do
  local longest, run = 0, 0
  for number = first + 1, first + count do
    run = states[number] == "f" and run + 1 or 0
    longest = math.max(longest, run)
  end
  runs[row], begins[row] = string.char(longest), pair(first)
  first = first + count
end
if section.kind == "seated" then
  redis.call("SET", seats, table.concat(states))
  redis.call("SET", rows, table.concat(runs) .. table.concat(begins) .. pair(first))
end
redis.call("HSET", meta, "kind", section.kind, "capacity", section.capacity, "free", free)
redis.call("HSET", meta, "rowCount", #section.rows, "ends", oldEnds + 1)
redis.call("HINCRBY", meta, "version", 1)
redis.call("HINCRBY", meta, "epoch", 1)
redis.call("RPUSH", ended, "load:")
return { "loaded", dropped }
