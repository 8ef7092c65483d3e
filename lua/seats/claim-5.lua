#!lua
-- Takes seats for bookings, one claim after the other, each all or nothing. A booking that has its hold already
-- gets the same seats again, so a claim may be repeated. The work of a claim grows with the seats it takes and
-- with the count of rows in bytes, not with the seats of the section.
-- KEYS meta hash: kind, capacity, free, version, epoch, ends, rowCount
-- KEYS seats string: one byte a seat: f free, h held, s sold, b blocked
-- KEYS rows string: a byte a row, its longest run of free seats; then two bytes a row and two more: where each begins and the last ends
-- KEYS holds hash: booking id to state|deadlineMs|heldAtMs|requestHash|quantity|seat numbers by comma
-- KEYS unpaid zset: booking ids of unpaid holds by the time of the hold
-- ARGV nowMs number: the time of the claims
-- ARGV claims json: array of [bookingId, requestHash, deadlineMs, quantity, seatNumbers], the last empty for best-available
-- RETURNS ("section_missing" | (["held", string, number, 0 | 1, number] | ["sold_out", number] | ["seats_taken" | "seats_unknown", string] | ["idempotency_key_reused"])[])
-- RESULTS section_missing: nothing is known of the section
-- RESULTS held: seat numbers by comma, quantity, whether the hold is new, its deadline
-- RESULTS sold_out: how many are free
-- RESULTS seats_taken: which of the seats asked for are not free
-- RESULTS seats_unknown: which of the seats asked for do not exist
-- RESULTS idempotency_key_reused: the booking has a hold for another request
local meta, seats, rows, holds, unpaid = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local nowMs, claims = tonumber(ARGV[1]), cjson.decode(ARGV[2])

local kind, capacity, free, rowCount =
  unpack(redis.call("HMGET", meta, "kind", "capacity", "free", "rowCount"))
if not kind then
  return "section_missing"
end
capacity, free, rowCount = tonumber(capacity), tonumber(free), tonumber(rowCount)

-- How many rows are looked at for a place that leaves no single free seat behind.
local rowsTried = 8
local runs = kind == "seated" and redis.call("GETRANGE", rows, 0, rowCount - 1)
local texts, taken = {}, 0

local function beginOf(row)
  local high, low =
    string.byte(redis.call("GETRANGE", rows, rowCount + row * 2, rowCount + row * 2 + 1), 1, 2)
  return high * 256 + low
end

local function textOf(row)
  local known = texts[row]
  if not known then
    local first, past = beginOf(row), beginOf(row + 1)
    known = { first = first, text = redis.call("GETRANGE", seats, first, past - 1) }
    texts[row] = known
  end
  return known
end

local function longestRun(text)
  local longest = 0
  for run in string.gmatch(text, "f+") do
    longest = math.max(longest, #run)
  end
  return longest
end

local function takeInRow(row, offset, count)
  local known = textOf(row)
  known.text = string.sub(known.text, 1, offset)
    .. string.rep("h", count)
    .. string.sub(known.text, offset + count + 1)
  redis.call("SETRANGE", seats, known.first + offset, string.rep("h", count))
  local mark = string.char(longestRun(known.text))
  redis.call("SETRANGE", rows, row, mark)
  runs = string.sub(runs, 1, row) .. mark .. string.sub(runs, row + 2)
end

-- The offset in the row where `count` seats fit, and whether that leaves no single free seat.
local function placeInRow(row, count)
  local fits
  for first, past in string.gmatch(textOf(row).text, "()f+()") do
    local left = past - first - count
    if left == 0 or left >= 2 then
      return first - 1, true
    end
    if left == 1 then
      fits = fits or first - 1
    end
  end
  return fits, false
end

-- The first row, best first, with `count` together; another of the next rows if that one leaves no single seat.
local function findTogether(count)
  local wanted = "[" .. string.char(count) .. "-\255]"
  local row = string.find(runs, wanted)
  local bestRow, bestOffset
  local tries = 0
  while row and tries < rowsTried do
    local offset, clean = placeInRow(row - 1, count)
    if clean then
      return row - 1, offset
    end
    if not bestRow then
      bestRow, bestOffset = row - 1, offset
    end
    row = string.find(runs, wanted, row + 1)
    tries = tries + 1
  end
  return bestRow, bestOffset
end

-- Together in one row, else in halves. There are enough free seats, so in the end singles are always found.
local function takeBest(count, numbers)
  local row, offset = findTogether(count)
  if row then
    takeInRow(row, offset, count)
    local first = textOf(row).first + offset
    for number = first, first + count - 1 do
      numbers[#numbers + 1] = number
    end
    return
  end
  local half = math.ceil(count / 2)
  takeBest(half, numbers)
  takeBest(count - half, numbers)
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

local function takeThese(numbers)
  for _, number in ipairs(numbers) do
    local row = rowOf(number)
    takeInRow(row, number - textOf(row).first, 1)
  end
end

local function refusal(wanted, numbers)
  local unknown, notFree = {}, {}
  for _, number in ipairs(numbers) do
    if kind ~= "seated" or number >= capacity then
      unknown[#unknown + 1] = number
    elseif redis.call("GETRANGE", seats, number, number) ~= "f" then
      notFree[#notFree + 1] = number
    end
  end
  if #unknown > 0 then
    return { "seats_unknown", table.concat(unknown, ",") }
  end
  if #notFree > 0 then
    return { "seats_taken", table.concat(notFree, ",") }
  end
  if free < wanted then
    return { "sold_out", free }
  end
end

local function known(bookingId, requestHash)
  local hold = redis.call("HGET", holds, bookingId)
  if not hold then
    return nil
  end
  local deadlineMs, hash, quantity, list = string.match(hold, "^%a+|(%d+)|%d+|([^|]*)|(%d+)|(.*)$")
  if hash ~= requestHash then
    return { "idempotency_key_reused" }
  end
  return { "held", list, tonumber(quantity), 0, tonumber(deadlineMs) }
end

local function claim(bookingId, requestHash, deadlineMs, quantity, numbers)
  local answer = known(bookingId, requestHash) or refusal(quantity, numbers)
  if answer then
    return answer
  end
  if #numbers > 0 then
    takeThese(numbers)
  elseif kind == "seated" then
    takeBest(quantity, numbers)
    table.sort(numbers)
  end
  free, taken = free - quantity, taken + quantity
  local list = table.concat(numbers, ",")
  local hold = string.format("held|%d|%d|%s|%d|%s", deadlineMs, nowMs, requestHash, quantity, list)
  redis.call("HSET", holds, bookingId, hold)
  redis.call("ZADD", unpaid, nowMs, bookingId)
  return { "held", list, quantity, 1, deadlineMs }
end

local answers = {}
for index, entry in ipairs(claims) do
  answers[index] = claim(entry[1], entry[2], entry[3], entry[4], entry[5])
end
if taken > 0 then
  redis.call("HINCRBY", meta, "free", -taken)
  redis.call("HINCRBY", meta, "version", 1)
end
return answers
