#!lua
-- Takes seats for bookings, one claim after the other, each all or nothing. A booking that has its hold already
-- gets the same seats again, so a claim may be repeated. The work of a claim grows with the seats it takes, not with
-- the section nor with what is sold of it.
-- KEYS meta hash: kind, capacity, version, epoch, ends, free and held by segment, groups, segments, process, server
-- KEYS seats string: one byte a seat: 48 + 3 * class + state; "0" is an ordinary free seat
-- KEYS blocks string: what is known of blocks, in groups of 32; then two bytes a seat, its block
-- KEYS holds hash: booking id to state|deadlineMs|heldAtMs|requestHash|quantity|seat numbers by comma
-- KEYS unpaid zset: booking ids of unpaid holds by the time of the hold
-- KEYS news channel: the changes of the section
-- ARGV nowMs text: the time of the claims
-- ARGV claims text: a line a claim: mode, booking id, request hash, deadlineMs, quantity, least, and what the mode needs
-- RETURNS "section_missing" | [epoch: string, (["held", string, number, 0 | 1, string] | ["sold_out", number] | ["seats_taken" | "seats_unknown" | "leaves_single", string] | ["idempotency_key_reused"])[]]
-- RESULTS section_missing: nothing is known of the section, or another server process has loaded it
-- RESULTS held: seat numbers by comma, quantity, whether the hold is new, its deadline
-- RESULTS sold_out: how many are free of what was asked for
-- RESULTS seats_taken: which of the seats asked for are not free
-- RESULTS seats_unknown: which of the seats asked for do not exist
-- RESULTS leaves_single: which seats would stay free alone
-- RESULTS idempotency_key_reused: the booking has a hold for another request
local meta, seats, blocks, holds, unpaid, news = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local nowMs, claims = ARGV[1], ARGV[2]

-- INCLUDE section
-- INCLUDE process
if not kind then
  return "section_missing"
end
local running = processNow()
if running ~= process then
  if serverNow() ~= server then
    return "section_missing"
  end
  redis.call("HSET", meta, "process", running)
end

-- INCLUDE blocks
-- INCLUDE changed
-- INCLUDE best
-- INCLUDE chosen

-- What each mode takes: seat numbers and how many, or the answer that refuses.
local takeBy = { b = takeBest, m = takeChosen, M = takeChosen, g = takeGroup, a = takeAmong }

local ids = {}
for bookingId in string.gmatch(claims, "%a (%S+)[^\n]*\n") do
  ids[#ids + 1] = bookingId
end
local known, saved, unpaidNow, answers = redis.call("HMGET", holds, unpack(ids)), {}, {}, {}
local made = {}

local function answerKnown(hold, requestHash)
  local deadlineMs, hash, quantity, list = string.match(hold, "^%a+|(%d+)|%d+|([^|]*)|(%d+)|(.*)$")
  if hash ~= requestHash then
    return { "idempotency_key_reused" }
  end
  return { "held", list, tonumber(quantity), 0, deadlineMs }
end

local number = 0
for mode, bookingId, hash, deadlineMs, quantity, least, wish in
  string.gmatch(claims, "(%a) (%S+) (%S+) (%d+) (%d+) (%d+) (%S*)\n")
do
  number = number + 1
  local hold = made[bookingId] or known[number]
  if hold then
    answers[number] = answerKnown(hold, hash)
  else
    local numbers, taken = takeBy[mode](wish, tonumber(quantity), tonumber(least), mode)
    if not taken then
      answers[number] = numbers
    else
      local list = table.concat(numbers, ",")
      hold = "held|" .. deadlineMs .. "|" .. nowMs .. "|" .. hash .. "|" .. taken .. "|" .. list
      made[bookingId] = hold
      saved[#saved + 1], saved[#saved + 2] = bookingId, hold
      unpaidNow[#unpaidNow + 1], unpaidNow[#unpaidNow + 2] = nowMs, bookingId
      answers[number] = { "held", list, taken, 1, deadlineMs }
    end
  end
end
if #saved > 0 then
  redis.call("HSET", holds, unpack(saved))
  redis.call("ZADD", unpaid, unpack(unpaidNow))
  saveChanges()
end
return { epoch, answers }
