#!lua
-- Takes seats for bookings, one claim after the other, each all or nothing. A booking that has its hold already
-- gets the same seats again, so a claim may be repeated. The work of a claim grows with the seats it takes, not with
-- the section nor with what is sold of it.
-- KEYS meta hash: kind, capacity, version, epoch, ends, free and held by segment, groups, segments, process, server; a byte: a group
-- KEYS seats string: one byte a seat: 48 + 3 * class + state; "0" is an ordinary free seat
-- KEYS blocks string: two bytes a seat, its block
-- KEYS holds hash: booking id to state|deadlineMs|heldAtMs|requestHash|quantity|seat numbers by comma
-- KEYS unpaid zset: booking ids of unpaid holds by the time of the hold
-- KEYS news channel: the changes of the section
-- ARGV nowMs text: the time of the claims
-- ARGV claims text: of each claim mode, booking id, request hash, deadlineMs, quantity, least, and what the mode needs; a zero byte behind each
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
if not section or not isSameProcess(section) then
  return "section_missing"
end

-- INCLUDE blocks
-- INCLUDE changed
-- INCLUDE best
-- INCLUDE named

local wanted, ids, at = {}, {}, 1
while at <= #claims do
  local mode, id, hash, deadlineMs, quantity, least, wish, past = struct.unpack("sssssss", claims, at)
  ids[#ids + 1], at = id, past
  wanted[#wanted + 1] = {
    mode = mode,
    id = id,
    hash = hash,
    deadlineMs = deadlineMs,
    quantity = tonumber(quantity),
    least = tonumber(least),
    wish = wish,
  }
end

local function answerKnown(hold, requestHash)
  local deadlineMs, hash, quantity, list = string.match(hold, "^%a+|(%d+)|%d+|([^|]*)|(%d+)|(.*)$")
  if hash ~= requestHash then
    return { "idempotency_key_reused" }
  end
  return { "held", list, tonumber(quantity), 0, deadlineMs }
end

local known, made, saved, unpaidNow, answers = redis.call("HMGET", holds, unpack(ids)), {}, {}, {}, {}
for place, claim in ipairs(wanted) do
  local id, deadlineMs = claim.id, claim.deadlineMs
  local hold, refusal, numbers, taken = made[id] or known[place], nil, nil, nil
  if hold then
    refusal = answerKnown(hold, claim.hash)
  elseif claim.mode == "b" then
    refusal, numbers, taken = takeBest(claim.wish, claim.quantity, claim.least)
  else
    refusal, numbers, taken = takeNamed(claim)
  end
  if not refusal then
    local list = listOf(numbers)
    hold = string.format("held|%s|%s|%s|%d|%s", deadlineMs, nowMs, claim.hash, taken, list)
    made[id] = hold
    saved[#saved + 1], saved[#saved + 2] = id, hold
    unpaidNow[#unpaidNow + 1], unpaidNow[#unpaidNow + 2] = nowMs, id
    refusal = { "held", list, taken, 1, deadlineMs }
  end
  answers[place] = refusal
end
if #saved > 0 then
  redis.call("HSET", holds, unpack(saved))
  redis.call("ZADD", unpaid, unpack(unpaidNow))
  saveChanges()
end
return { section.epoch, answers }
