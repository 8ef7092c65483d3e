#!lua
-- Ends holds: `release` makes their seats free again and forgets them, `confirm` makes them sold, `shrink` gives some
-- of their places back. `leave` is said by one of those who were given a hold: the last of them frees it; `undo` frees
-- it unless it was given to somebody since. What is not there, or is so already, stays as it is, so that all may be repeated.
-- KEYS meta hash: kind, capacity, version, epoch, ends, free and held by segment, groups, segments, process, server; a byte: a group
-- KEYS seats string: one byte a seat: 48 + 3 * class + state; "0" is an ordinary free seat
-- KEYS blocks string: two bytes a seat, its block
-- KEYS holds hash: booking id to state|deadlineMs|heldAtMs|requestHash|quantity|seat numbers by comma
-- KEYS unpaid zset: booking ids of unpaid holds by the time of the hold
-- KEYS sharers hash: booking id to heldAtMs|the times at which the hold was given to those who may still book it, by comma
-- KEYS ended list: what changed holds or seats lately otherwise than a claim, for a rebuilding; meta's ends counts it all
-- KEYS news channel: the changes of the section
-- ARGV ends text: a line for each: release:id, confirm:id, leave:id:heldAtMs, undo:id:heldAtMs, or shrink:id:places that are left:seat numbers by comma
-- RETURNS number
-- RESULTS number: how many holds have changed
local meta, seats, blocks, holds = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local unpaid, sharers, ended, news = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local ends = ARGV[1]

-- INCLUDE section
-- INCLUDE ended

local lines, ids, noted = {}, {}, {}
for line, bookingId in string.gmatch(ends, "(%a+:([^:\n]+)[^\n]*)\n") do
  lines[#lines + 1], ids[#ids + 1] = line, bookingId
  -- What Postgres knows is none that its claimer may give up.
  if not string.find(line, "^undo:") and not string.find(line, "^leave:") then
    noted[#noted + 1] = line
  end
end
-- Also what is not here: whoever rebuilds the section may have read it in Postgres before it ended.
if #noted > 0 then
  noteEnded(noted)
end
-- INCLUDE whole
if not section or dropTorn() then
  return 0
end

-- INCLUDE blocks
-- INCLUDE rewrite
-- INCLUDE shrink
local found, kept, forgotten, settled = redis.call("HMGET", holds, unpack(ids)), {}, {}, {}

local function toFree(byte)
  return byte - byte % 3
end

local function toSold(byte)
  return byte - byte % 3 + 2
end

local function setSeats(numbers, quantity, state, byteOf)
  if section.kind == "seated" then
    return rewrite(numbers, byteOf)
  end
  if state == "held" then
    section.held[1] = section.held[1] - quantity
  end
  if byteOf == toFree then
    section.free[1] = section.free[1] + quantity
  end
end

local function forget(bookingId)
  forgotten[#forgotten + 1], kept[bookingId] = bookingId, nil
  settled[#settled + 1] = bookingId
end

local endBy = {}

function endBy.release(bookingId, hold)
  setSeats(countsOf(hold.list), hold.quantity, hold.state, toFree)
  forget(bookingId)
  return true
end

local function heldAtMsOf(hold)
  return hold.state == "held" and string.match(hold.head, "^|%d+|(%d+)")
end

-- Another request of the same booking that was given the hold since has made its time later.
function endBy.undo(bookingId, hold, line)
  return string.match(line, "%d+$") == heldAtMsOf(hold) and endBy.release(bookingId, hold)
end

function endBy.leave(bookingId, hold, line)
  local heldAtMs, leaver, left = heldAtMsOf(hold), string.match(line, "%d+$"), {}
  local since, given = string.match(redis.call("HGET", sharers, bookingId) or "", "^(%d+)|([%d,]+)$")
  -- Of another hold of this booking, or nothing: who made this one has it alone.
  if since ~= heldAtMs then
    given = heldAtMs
  end
  for givenAtMs in string.gmatch(given or leaver, "%d+") do
    left[#left + 1] = givenAtMs ~= leaver and givenAtMs or nil
  end
  if #left > 0 and since == heldAtMs then
    redis.call("HSET", sharers, bookingId, since .. "|" .. table.concat(left, ","))
  end
  return heldAtMs and #left == 0 and endBy.release(bookingId, hold)
end

function endBy.confirm(bookingId, hold)
  if hold.state == "sold" then
    return false
  end
  setSeats(countsOf(hold.list), hold.quantity, "held", toSold)
  kept[bookingId] = "sold" .. hold.head .. hold.quantity .. "|" .. hold.list
  settled[#settled + 1] = bookingId
  return true
end

function endBy.shrink(bookingId, hold, line)
  local left, list = string.match(line, "^[^:]+:[^:]+:(%d+):(.*)$")
  local stay, back, quantity = shrink(countsOf(hold.list), hold.quantity, tonumber(left), countsOf(list))
  if quantity == hold.quantity then
    return false
  end
  setSeats(back, hold.quantity - quantity, hold.state, toFree)
  kept[bookingId] = hold.state .. hold.head .. quantity .. "|" .. listOf(stay)
  if quantity == 0 then
    forget(bookingId)
  end
  return true
end

local changed, now = 0, {}
for place, line in ipairs(lines) do
  local bookingId = ids[place]
  local text = now[bookingId]
  if text == nil then
    text = found[place]
  end
  local state, head, quantity, list = string.match(text or "", "^(%a+)(|%d+|%d+|[^|]*|)(%d+)|([%d,]*)$")
  if state then
    local hold = { state = state, head = head, quantity = tonumber(quantity), list = list }
    if endBy[string.match(line, "^%a+")](bookingId, hold, line) then
      changed = changed + 1
      now[bookingId] = kept[bookingId] or false
    end
  end
end

if changed > 0 then
  local fields = {}
  for bookingId, hold in pairs(kept) do
    fields[#fields + 1], fields[#fields + 2] = bookingId, hold
  end
  if #fields > 0 then
    redis.call("HSET", holds, unpack(fields))
  end
  if #forgotten > 0 then
    redis.call("HDEL", holds, unpack(forgotten))
  end
  if #settled > 0 then
    redis.call("ZREM", unpaid, unpack(settled))
  end
  -- INCLUDE changed
end
return changed
