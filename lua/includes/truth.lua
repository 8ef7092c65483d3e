-- What a section is to hold: what Postgres said, what has happened since, and fresh holds that it cannot know.
-- Needs: meta, holds, unpaid, ended, nowMs, keepMs, ends, section, live, shrink. Gives: liveById, fresh, catchUp.
local fresh, liveById = {}, {}

-- Oldest first; one that has ended is not there any more.
local function keepFresh(bookingId)
  local hold = redis.call("HGET", holds, bookingId)
  if hold then
    fresh[#fresh + 1] = { id = bookingId, hold = hold }
  end
  return hold
end

for _, bookingId in ipairs(redis.call("ZRANGE", unpaid, nowMs - keepMs, "+inf", "BYSCORE")) do
  keepFresh(bookingId)
end
for _, entry in ipairs(live) do
  liveById[entry[1]] = entry
end

local catchUpBy = {}

function catchUpBy.release(bookingId)
  liveById[bookingId] = nil
  return true
end

function catchUpBy.confirm(bookingId)
  if liveById[bookingId] then
    liveById[bookingId][2] = "sold"
    return true
  end
  -- Made and paid since: the hold in Redis is all that tells of it.
  return keepFresh(bookingId)
end

-- A fresh hold has given its places back already.
function catchUpBy.shrink(rest)
  local bookingId, left, list = string.match(rest, "^([^:]+):(%d+):(.*)$")
  local entry, giveBack = liveById[bookingId], {}
  if entry then
    for number in string.gmatch(list, "%d+") do
      giveBack[#giveBack + 1] = tonumber(number)
    end
    local stay, _, quantity = shrink(entry[6], entry[5], tonumber(left), giveBack)
    entry[5], entry[6] = quantity, stay
    liveById[bookingId] = quantity > 0 and entry or nil
  end
  return true
end

function catchUpBy.mark(marks)
  for number, class in string.gmatch(marks, "(%d+)=(%d+)") do
    section.marks[#section.marks + 1] = { tonumber(number), tonumber(class) }
  end
  return true
end

function catchUpBy.load()
  return false
end

-- False where Postgres has to be read again.
local function catchUp()
  local since = tonumber(redis.call("HGET", meta, "ends") or 0) - ends
  local asked = since > 0 and redis.call("LRANGE", ended, -since, -1) or {}
  if #asked ~= since then
    return false
  end
  for _, line in ipairs(asked) do
    local what, rest = string.match(line, "^(%a+):(.*)$")
    if not catchUpBy[what](rest) then
      return false
    end
  end
  return true
end
