#!lua
-- Takes seats for bookings, one claim after the other, each all or nothing. A booking that has its hold already
-- gets the same seats again, so a claim may be repeated; the time of an unpaid hold is made later then, and both have
-- it: it is free when neither wants it. The work of a claim grows with the seats it takes, not with the section nor
-- with what is sold of it.
-- KEYS meta hash: kind, capacity, version, epoch, ends, free and held by segment, groups, segments, process, server; a byte: a group
-- KEYS seats string: one byte a seat: 48 + 3 * class + state; "0" is an ordinary free seat
-- KEYS blocks string: two bytes a seat, its block
-- KEYS holds hash: booking id to state|deadlineMs|heldAtMs|requestHash|quantity|seat numbers by comma
-- KEYS unpaid zset: booking ids of unpaid holds by the time of the hold
-- KEYS sharers hash: booking id to heldAtMs|the times at which the hold was given to those who may still book it, by comma
-- KEYS news channel: the changes of the section
-- ARGV nowMs text: the time of the claims
-- ARGV claims text: of each claim booking id, mode, quantity, least, request hash, deadlineMs, and what the mode needs; mode, quantity and least are a byte each, behind the others is a zero byte
-- RETURNS "section_missing" | [...codesAndDetails: ("held" | "known" | "sold_out" | "seats_taken" | "seats_unknown" | "leaves_single" | "idempotency_key_reused" | (string & {}))[]]
-- RESULTS section_missing: nothing is known of the section, or another server process has loaded it, or it contradicts itself
-- RESULTS held: the hold, which is new
-- RESULTS known: the hold that the booking had already
-- RESULTS sold_out: how many are free of what was asked for
-- RESULTS seats_taken: which of the seats asked for are not free
-- RESULTS seats_unknown: which of the seats asked for do not exist
-- RESULTS leaves_single: which seats would stay free alone
-- RESULTS idempotency_key_reused: the booking has a hold for another request
local meta, seats, blocks, holds = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local unpaid, sharers, news = KEYS[5], KEYS[6], KEYS[7]
local nowMs, claims = ARGV[1], ARGV[2]

-- INCLUDE section
-- INCLUDE process
if not section then
  return "section_missing"
elseif section.process ~= process then
  if serverNow() ~= redis.call("HGET", meta, "server") then
    return "section_missing"
  end
  redis.call("HSET", meta, "process", process)
end

-- INCLUDE blocks
-- INCLUDE best

-- Most calls have one claim, and what is done once a call takes most of the time: a function that is made costs 0.2 µs
-- however short it is, so those for named seats are made when they are wanted. Counters stand for `#`, which searches.
local wanted, ids, count, at = {}, {}, 0, 1
while at <= #claims do
  local claim = { struct.unpack("sc1BBsss", claims, at) }
  count = count + 1
  wanted[count], ids[count], at = claim, claim[1], claim[8]
end

local known, made, saved, unpaidNow, savedCount = redis.call("HMGET", holds, unpack(ids)), {}, {}, {}, 0
local answers, takers, isChanged = {}, nil, false
for place = 1, count do
  local id, mode, quantity, least, hash, deadlineMs, wish = unpack(wanted[place])
  local hold, heldAtMs, code, detail, numbers, taken = made[id] or known[place], nowMs, nil, nil, nil, nil
  if hold then
    local state, untilMs, beforeMs, knownHash, rest = string.match(hold, "^(%a+)|(%d+)|(%d+)|([^|]*)(.*)$")
    if knownHash ~= hash then
      code, detail = "idempotency_key_reused", ""
    elseif state == "held" then
      if tonumber(nowMs) <= tonumber(beforeMs) then
        heldAtMs = string.format("%d", beforeMs + 1)
      end
      -- INCLUDE sharing
      made[id] = "held|" .. untilMs .. "|" .. heldAtMs .. "|" .. hash .. rest
      code, detail = "known", made[id]
    else
      code, detail = "known", hold
    end
  elseif mode == "b" then
    code, detail, numbers, taken = takeBest(wish, quantity, least)
    -- Nothing was written yet, and Postgres knows better.
    if section.isDrifted then
      return "section_missing"
    end
  else
    if not takers then
      -- INCLUDE whole
      if dropTorn() then
        return "section_missing"
      end
      -- INCLUDE named
    end
    code, detail, numbers, taken = takers[mode](wish, mode, quantity, least)
  end
  if not code then
    code = "held"
    detail = string.format("held|%s|%s|%s|%d|%s", deadlineMs, nowMs, hash, taken, listOf(numbers))
    made[id], isChanged = detail, true
  end
  if code == "held" or made[id] and code == "known" then
    saved[savedCount + 1], saved[savedCount + 2] = id, made[id]
    unpaidNow[savedCount + 1], unpaidNow[savedCount + 2] = heldAtMs, id
    savedCount = savedCount + 2
  end
  answers[place * 2 - 1], answers[place * 2] = code, detail
end
if savedCount > 0 then
  redis.call("HSET", holds, unpack(saved))
  redis.call("ZADD", unpaid, unpack(unpaidNow))
end
if isChanged then
  -- INCLUDE changed
end
return answers
