-- Best-available: only ordinary free seats. In a block the place nearest to its centre; of the next blocks of the same
-- rank the first where a place leaves no single free seat behind.
-- Needs: section, countsOf, groupSize, groupAt, blockAt, put. Gives: takeBest.

-- The offset where `count` seats fit, and whether that leaves no single free seat. A plain search passes what is taken
-- ten times faster than a pattern.
local function placeIn(block, count)
  local text, wanted = block.text, block.centre - math.floor(count / 2)
  local ideal = block.centre - (count - 1) / 2
  local clean, cleanBy, any, anyBy
  local from, upTo = string.find(text, "0", 1, true), nil
  while from do
    from, upTo = string.find(text, "^0+", from)
    local first, last = from - 1, upTo - count
    if last >= first then
      local at = wanted < first and first or wanted > last and last or wanted
      local by = at < ideal and ideal - at or at - ideal
      if not any or by < anyBy then
        any, anyBy = at, by
      end
      if last ~= first + 1 then
        if at == first + 1 then
          -- A step either way, the lower one where both are as near and the higher leaves no single either.
          local lower, higher = first, last - first >= 4 and first + 2 or last
          at = higher - ideal < ideal - lower and higher or lower
        elseif at == last - 1 then
          local lower, higher = last - first >= 4 and last - 2 or first, last
          at = higher - ideal < ideal - lower and higher or lower
        end
        by = at < ideal and ideal - at or at - ideal
        if not clean or by < cleanBy then
          clean, cleanBy = at, by
        end
      end
    end
    from = string.find(text, "0", upTo + 1, true)
  end
  return clean or any, clean ~= nil
end

-- The block with `count` together in the segment, best first, and the offset there. Sixteen blocks are four rows, which
-- have one rank unless the plan says otherwise, with three aisles: where each of them leaves a single seat, the claim takes
-- a quarter longer than with eight, and no longer where one of the first does not.
local function findTogether(first, past, count)
  local blocksTried, wanted = 16, "[" .. string.char(count) .. "-\255]"
  local best, bestOffset, tries = nil, nil, 0
  local at = string.find(section.groups, wanted, math.floor(first / groupSize) + 1)
  while at and (at - 1) * groupSize < past do
    local base, runs = (at - 1) * groupSize, groupAt(at - 1).runs
    local place = string.find(runs, wanted, first > base and first - base + 1 or 1)
    while place and base + place <= past do
      local block = blockAt(base + place - 1)
      if best and block.rank ~= best.rank then
        return best, bestOffset
      end
      local offset, isClean = placeIn(block, count)
      if isClean then
        return block, offset
      end
      if not best then
        best, bestOffset = block, offset
      end
      tries = tries + 1
      if tries == blocksTried then
        return best, bestOffset
      end
      place = string.find(runs, wanted, place + 1)
    end
    at = string.find(section.groups, wanted, at + 1)
  end
  return best, bestOffset
end

-- Together in one block, else in halves, down to singles. Where not even those are found the index has fewer free seats
-- than the counts, and where a block has no place the seats have fewer than the index.
local function takeFrom(first, past, count, numbers)
  local block, offset = findTogether(first, past, count)
  if not offset then
    if block or count == 1 then
      section.isDrifted = true
      return
    end
    local half = math.ceil(count / 2)
    takeFrom(first, past, half, numbers)
    return takeFrom(first, past, count - half, numbers)
  end
  put(block, offset, string.rep("1", count))
  local number = block.first + offset
  for seat = number, number + count - 1 do
    numbers[#numbers + 1] = seat
  end
end

-- Of the categories, between which semicolons stand, the first that has enough serves the wish, and of its segments the
-- first that has enough, else all of them together; where no category has enough, all of them do. Gives a refusal, or
-- what it took.
local function takeBest(wish, quantity, least)
  if string.find(wish, ";", 1, true) then
    for category in string.gmatch(wish, "[^;]+") do
      local refusal, _, numbers, taken = takeBest(category, quantity, quantity)
      if not refusal then
        return nil, nil, numbers, taken
      end
    end
  end
  local segments, free, held, numbers, sum = countsOf(wish), section.free, section.held, {}, 0
  local from, upTo = 1, #segments
  for place = from, upTo do
    local there = free[segments[place] + 1] or 0
    if there >= quantity then
      from, upTo, sum = place, place, there
      break
    end
    sum = sum + there
  end
  if sum < least then
    return "sold_out", string.format("%d", sum)
  end
  local taken = sum < quantity and sum or quantity
  local left, changesBefore = taken, section.changeCount
  for place = from, upTo do
    local segment = segments[place] + 1
    local there = free[segment] or 0
    local part = there < left and there or left
    if part > 0 then
      free[segment], held[segment], left = there - part, held[segment] + part, left - part
      if section.kind == "seated" then
        local high, low, blocksHigh, blocksLow = string.byte(section.segments, segment * 4 - 3, segment * 4)
        local firstBlock = high * 256 + low
        takeFrom(firstBlock, firstBlock + blocksHigh * 256 + blocksLow, part, numbers)
      end
    end
  end
  if section.changeCount > changesBefore + 1 then
    table.sort(numbers)
  end
  return nil, nil, numbers, taken
end
