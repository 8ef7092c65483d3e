-- Builds the seats, the index of their blocks, and the counts by segment.
-- Needs: meta, seats, blocks, holds, unpaid, nowMs, section, liveById, fresh.
-- Gives: free, held, putLive, putFresh, saveLayout.
local isSeated, groupSize, classes, states = section.kind == "seated", 32, {}, {}
local free, held, segmentOf = {}, {}, {}

for _, mark in ipairs(section.marks) do
  classes[mark[1] + 1] = mark[2]
end
for segment in ipairs(section.segments) do
  free[segment], held[segment] = 0, 0
end
if not isSeated then
  free[1] = section.capacity
end
for _, block in ipairs(section.blocks) do
  for _ = 1, block[1] do
    segmentOf[#segmentOf + 1], states[#states + 1] = block[2] + 1, 0
    if (classes[#states] or 0) == 0 then
      free[block[2] + 1] = free[block[2] + 1] + 1
    end
  end
end

local function put(numbers, quantity, state)
  if not isSeated then
    free[1] = free[1] - quantity
    held[1] = held[1] + (state == "held" and quantity or 0)
  end
  for _, number in ipairs(numbers) do
    local segment = segmentOf[number + 1]
    if (classes[number + 1] or 0) == 0 and states[number + 1] == 0 then
      free[segment] = free[segment] - 1
    end
    states[number + 1] = state == "sold" and 2 or 1
    held[segment] = held[segment] + (state == "held" and 1 or 0)
  end
end

local function keep(bookingId, hold, heldAtMs)
  redis.call("HSET", holds, bookingId, hold)
  if heldAtMs then
    redis.call("ZADD", unpaid, heldAtMs, bookingId)
  end
end

local function putLive()
  redis.call("DEL", seats, blocks, holds, unpaid)
  for bookingId, entry in pairs(liveById) do
    local _, state, deadlineMs, requestHash, quantity, numbers = unpack(entry)
    local list = table.concat(numbers, ",")
    local hold = string.format("%s|%d|%d|%s|%d|%s", state, deadlineMs, nowMs, requestHash, quantity, list)
    put(numbers, quantity, state)
    keep(bookingId, hold, state == "held" and nowMs)
  end
end

local function areFree(numbers, quantity)
  for _, number in ipairs(numbers) do
    if states[number + 1] ~= 0 then
      return false
    end
  end
  return isSeated or free[1] >= quantity
end

-- How many were dropped.
local function putFresh()
  local dropped = 0
  for _, entry in ipairs(fresh) do
    local state, heldAtMs, quantity, list = string.match(entry.hold, "^(%a+)|%d+|(%d+)|[^|]*|(%d+)|(.*)$")
    local numbers = {}
    for text in string.gmatch(list, "%d+") do
      numbers[#numbers + 1] = tonumber(text)
    end
    if not liveById[entry.id] and areFree(numbers, tonumber(quantity)) then
      liveById[entry.id] = entry
      put(numbers, tonumber(quantity), state)
      keep(entry.id, entry.hold, state == "held" and heldAtMs)
    elseif not liveById[entry.id] then
      dropped = dropped + 1
    end
  end
  return dropped
end

local function pair(number)
  return string.char(math.floor(number / 256), number % 256)
end

local function longestFrom(first, count)
  local longest, run = 0, 0
  for number = first + 1, first + count do
    run = (states[number] == 0 and (classes[number] or 0) == 0) and run + 1 or 0
    longest = math.max(longest, run)
  end
  return longest
end

-- A group as the other scripts read it: the longest runs, then six bytes a block; the last group is filled up.
local function groupFrom(firstBlock, firstSeat)
  local runs, layout, most = {}, {}, 0
  for place = 1, groupSize do
    local count, segment, rank, centre = unpack(section.blocks[firstBlock + place] or { 0, 0, 0, 0 })
    local longest = longestFrom(firstSeat, count)
    runs[place], most = string.char(longest), math.max(most, longest)
    layout[place] = pair(firstSeat) .. string.char(count, centre, rank, segment)
    firstSeat = firstSeat + count
  end
  return table.concat(runs) .. table.concat(layout), string.char(most), firstSeat
end

local function saveSeats()
  local blockOf = {}
  for block, layout in ipairs(section.blocks) do
    blockOf[block] = string.rep(pair(block - 1), layout[1])
  end
  for number, state in ipairs(states) do
    states[number] = string.char(48 + 3 * (classes[number] or 0) + state)
  end
  redis.call("SET", seats, table.concat(states))
  redis.call("SET", blocks, table.concat(blockOf))
end

local function saveLayout()
  local groups, firstSeat, bounds, record = {}, 0, {}, nil
  for firstBlock = 0, #section.blocks - 1, groupSize do
    record, groups[#groups + 1], firstSeat = groupFrom(firstBlock, firstSeat)
    redis.call("HSET", meta, string.char(#groups - 1), record)
  end
  for segment, bound in ipairs(section.segments) do
    bounds[segment] = pair(bound[1]) .. pair(bound[2])
  end
  if isSeated then
    saveSeats()
  end
  redis.call("HSET", meta, "groups", table.concat(groups), "segments", table.concat(bounds))
end
