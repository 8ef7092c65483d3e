#!lua
-- Ends unpaid holds, or frees sold seats: `release` makes the seats free again and forgets the hold, `confirm`
-- makes them sold. What is not there, or is so already, stays as it is, so that both may be repeated.
-- KEYS meta hash: kind, capacity, free, version, epoch, ends, rowCount
-- KEYS seats string: one byte a seat: f free, h held, s sold, b blocked
-- KEYS rows string: a byte a row, its longest run of free seats; then two bytes a row and two more: where each begins and the last ends
-- KEYS holds hash: booking id to state|deadlineMs|heldAtMs|requestHash|quantity|seat numbers by comma
-- KEYS unpaid zset: booking ids of unpaid holds by the time of the hold
-- KEYS ended list: what was asked of `end` lately, release:id or confirm:id, and load: for a rebuilding; meta's ends counts them all
-- ARGV action text: release or confirm
-- ARGV bookingIds json: array of booking ids
-- RETURNS number
-- RESULTS number: how many holds have changed
local meta, seats, rows, holds = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local unpaid, ended = KEYS[5], KEYS[6]
local action, bookingIds = ARGV[1], cjson.decode(ARGV[2])

-- Far more than come while Postgres is read for a rebuilding.
local endsKept, endsKeptMs = 2000, 60000

-- Also what is not here: whoever rebuilds the section may have read it in Postgres before it ended.
for _, bookingId in ipairs(bookingIds) do
  redis.call("RPUSH", ended, action .. ":" .. bookingId)
end
redis.call("LTRIM", ended, -endsKept, -1)
redis.call("PEXPIRE", ended, endsKeptMs)
redis.call("HINCRBY", meta, "ends", #bookingIds)

local rowCount = tonumber(redis.call("HGET", meta, "rowCount"))
if not rowCount then
  return 0
end

local function beginOf(row)
  local high, low =
    string.byte(redis.call("GETRANGE", rows, rowCount + row * 2, rowCount + row * 2 + 1), 1, 2)
  return high * 256 + low
end

local function rowOf(number)
  local low, high = 0, rowCount - 1
  while low < high do
    local middle = math.floor((low + high + 1) / 2)
    if beginOf(middle) <= number then
      low = middle
    else
      high = middle - 1
    end
  end
  return low
end

local changedRows = {}
local function setSeats(list, mark)
  for text in string.gmatch(list, "%d+") do
    local number = tonumber(text)
    redis.call("SETRANGE", seats, number, mark)
    changedRows[rowOf(number)] = true
  end
end

local function indexRow(row)
  local text, longest = redis.call("GETRANGE", seats, beginOf(row), beginOf(row + 1) - 1), 0
  for run in string.gmatch(text, "f+") do
    longest = math.max(longest, #run)
  end
  redis.call("SETRANGE", rows, row, string.char(longest))
end

local changed, freed = 0, 0
for _, bookingId in ipairs(bookingIds) do
  local hold = redis.call("HGET", holds, bookingId)
  local state, rest, quantity, list = string.match(hold or "", "^(%a+)(|.*|(%d+)|([%d,]*))$")
  if state and action == "release" then
    setSeats(list, "f")
    redis.call("HDEL", holds, bookingId)
    freed = freed + tonumber(quantity)
  elseif state == "held" then
    setSeats(list, "s")
    redis.call("HSET", holds, bookingId, "sold" .. rest)
  end
  if state == "held" or (state and action == "release") then
    redis.call("ZREM", unpaid, bookingId)
    changed = changed + 1
  end
end
if action == "release" then
  for row in pairs(changedRows) do
    indexRow(row)
  end
end
if changed > 0 then
  redis.call("HINCRBY", meta, "free", freed)
  redis.call("HINCRBY", meta, "version", 1)
end
return changed
