#!lua
-- Takes seats for bookings, of sections that share a slot: one section after the other, in each one claim after the
-- other, each all or nothing. A booking that has its hold already gets the same seats again, so a claim may be
-- repeated; an unpaid hold is taken over then: its time is made later, so that whoever had it before cannot undo it any
-- more. The work of a claim grows with the seats it takes, not with the section nor with what is sold of it.
-- KEYS meta hash: kind, capacity, version, epoch, ends, free and held by segment, groups, segments, process, server; a byte: a group
-- KEYS seats string: one byte a seat: 48 + 3 * class + state; "0" is an ordinary free seat
-- KEYS blocks string: two bytes a seat, its block
-- KEYS holds hash: booking id to state|deadlineMs|heldAtMs|requestHash|quantity|seat numbers by comma
-- KEYS unpaid zset: booking ids of unpaid holds by the time of the hold
-- KEYS news channel: the changes of the section
-- ARGV nowMs text: the time of the claims
-- ARGV counts text: a byte a section, how many of the claims are its
-- ARGV claims text: by section, of each claim booking id, mode, quantity, least, request hash, deadlineMs, and what the mode needs; mode, quantity and least are a byte each, behind the others is a zero byte
-- RETURNS ("section_missing" | ["section_broken", problem: string] | [epoch: string, ...codesAndDetails: ("held" | "known" | "sold_out" | "seats_taken" | "seats_unknown" | "leaves_single" | "idempotency_key_reused" | (string & {}))[]])[]
-- RESULTS section_missing: nothing is known of the section, or another server process has loaded it, or it contradicts itself
-- RESULTS section_broken: what ended the work in this section; the others do not know of it
-- RESULTS held: the hold, which is new
-- RESULTS known: its time before, and the hold that the booking had already
-- RESULTS sold_out: how many are free of what was asked for
-- RESULTS seats_taken: which of the seats asked for are not free
-- RESULTS seats_unknown: which of the seats asked for do not exist
-- RESULTS leaves_single: which seats would stay free alone
-- RESULTS idempotency_key_reused: the booking has a hold for another request
local meta, seats, blocks, holds, unpaid, news = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local nowMs, counts, claims = ARGV[1], ARGV[2], ARGV[3]

local section
-- INCLUDE section
-- INCLUDE process
local function isOfThisServer()
  if section.process == process then
    return true
  end
  if serverNow() ~= redis.call("HGET", meta, "server") then
    return false
  end
  redis.call("HSET", meta, "process", process)
  return true
end

-- INCLUDE blocks
-- INCLUDE best

-- Most calls have one claim, and what is done once a call takes most of the time: a function that is made costs 0.2 µs
-- however short it is, so those for named seats are made when they are wanted. Counters stand for `#`, which searches.
local takers

local function serve(wanted, ids, count)
  section = readSection()
  if not section or not isOfThisServer() then
    return "section_missing"
  end
  local known, made, saved, unpaidNow, savedCount = redis.call("HMGET", holds, unpack(ids)), {}, {}, {}, 0
  local answers, isChanged = { section.epoch }, false
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
        made[id] = "held|" .. untilMs .. "|" .. heldAtMs .. "|" .. hash .. rest
        code, detail = "known", beforeMs .. "|" .. made[id]
      else
        code, detail = "known", beforeMs .. "|" .. hold
      end
    elseif mode == "b" then
      code, detail, numbers, taken = takeBest(wish, quantity, least)
      -- Nothing was written yet, and Postgres knows better.
      if section.isDrifted then
        return "section_missing"
      end
    else
      if not takers then
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
    answers[place * 2], answers[place * 2 + 1] = code, detail
  end
  if savedCount > 0 then
    redis.call("HSET", holds, unpack(saved))
    redis.call("ZADD", unpaid, unpack(unpaidNow))
  end
  if isChanged then
    -- INCLUDE changed
  end
  return answers
end

local answers, at = {}, 1
for place = 1, #counts do
  if place > 1 then
    meta, seats, blocks, holds, unpaid, news = unpack(KEYS, 6 * place - 5, 6 * place)
  end
  local wanted, ids, count = {}, {}, string.byte(counts, place)
  for turn = 1, count do
    local claim = { struct.unpack("sc1BBsss", claims, at) }
    wanted[turn], ids[turn], at = claim, claim[1], claim[8]
  end
  local isDone, answer = pcall(serve, wanted, ids, count)
  if not isDone then
    answer = { "section_broken", type(answer) == "table" and answer.err or tostring(answer) }
  end
  answers[place] = answer
end
return answers
