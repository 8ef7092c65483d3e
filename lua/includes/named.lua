-- Seats that are named: by the buyer, as groups that belong together, or as what is kept for somebody.
-- Needs: meta, blocks, section, countsOf, listOf, blockAt, put, takers. Gives: takers, each of which gives a refusal and
-- its detail, or what it took.
-- INCLUDE rewrite
local capacity = tonumber(redis.call("HGET", meta, "capacity"))

local function toHeld(byte)
  return byte - byte % 3 + 1
end

local function byteAt(number)
  local block = blockOf(number)
  return string.byte(block.text, number - block.first + 1)
end

local function unknownOf(numbers)
  local unknown = {}
  for _, number in ipairs(numbers) do
    if section.kind ~= "seated" or number >= capacity then
      unknown[#unknown + 1] = number
    end
  end
  return unknown
end

-- Who names seats may have accessible ones and those of companions, too; blocked ones and those of a house pool are not
-- free.
local function isOpen(number)
  local byte = byteAt(number)
  return byte % 3 == 0 and byte < 57
end

-- In the free run around an ordinary seat: how many are chosen of how many, and which would stay free alone.
local function lookAround(number, isChosen, seen)
  local block = blockOf(number)
  local first, last = number, number
  while first > block.first and byteAt(first - 1) == 48 do
    first = first - 1
  end
  while last + 1 < block.past and byteAt(last + 1) == 48 do
    last = last + 1
  end
  local chosen, singles = 0, {}
  for seat = first, last do
    if isChosen[seat] then
      chosen = chosen + 1
      seen[seat] = true
    elseif (seat == first or isChosen[seat - 1]) and (seat == last or isChosen[seat + 1]) then
      singles[#singles + 1] = seat
    end
  end
  return chosen, last - first + 1, singles
end

-- Which ordinary seats a choice leaves alone that could be spared: as many at an end of the run leave two or more.
local function singlesOf(numbers)
  local isChosen, seen, found = {}, {}, {}
  for _, number in ipairs(numbers) do
    isChosen[number] = true
  end
  for _, number in ipairs(numbers) do
    if not seen[number] and byteAt(number) == 48 then
      local chosen, length, singles = lookAround(number, isChosen, seen)
      if length - chosen >= 2 then
        for _, single in ipairs(singles) do
          found[#found + 1] = single
        end
      end
    end
  end
  return found
end

local function takeChosen(wish, mode, _, least)
  local numbers, open, notFree = countsOf(wish), {}, {}
  local unknown = unknownOf(numbers)
  if #unknown > 0 then
    return "seats_unknown", listOf(unknown)
  end
  for _, number in ipairs(numbers) do
    if isOpen(number) then
      open[#open + 1] = number
    else
      notFree[#notFree + 1] = number
    end
  end
  if #open < least then
    return "seats_taken", listOf(notFree)
  end
  local singles = mode == "m" and singlesOf(open) or {}
  if #singles > 0 then
    return "leaves_single", listOf(singles)
  end
  rewrite(open, toHeld)
  return nil, nil, open, #open
end

local function areOpen(numbers)
  for _, number in ipairs(numbers) do
    if not isOpen(number) then
      return false
    end
  end
  return true
end

local function takeGroup(wish)
  local unknown = unknownOf(countsOf(wish))
  if #unknown > 0 then
    return "seats_unknown", listOf(unknown)
  end
  for text in string.gmatch(wish, "[^;]+") do
    local numbers = countsOf(text)
    if areOpen(numbers) then
      rewrite(numbers, toHeld)
      return nil, nil, numbers, #numbers
    end
  end
  return "sold_out", "0"
end

-- The free seats of a class, by places that lie side by side.
local function placesOf(runs, byte)
  local places, sum = {}, 0
  for first, count in string.gmatch(runs, "(%d+)%+(%d+)") do
    local place
    for number = tonumber(first), math.min(tonumber(first) + tonumber(count), capacity) - 1 do
      if byteAt(number) == byte then
        sum = sum + 1
        if place and place.past == number and number > section.lastBlock.first then
          place.past = number + 1
        else
          place = { first = number, past = number + 1 }
          places[#places + 1] = place
        end
      end
    end
  end
  return places, sum
end

local function takeOfPlaces(places, count, numbers)
  for _, place in ipairs(places) do
    if place.past - place.first >= count then
      for number = place.first, place.first + count - 1 do
        numbers[#numbers + 1] = number
      end
      place.first = place.first + count
      return
    end
  end
  local half = math.ceil(count / 2)
  takeOfPlaces(places, half, numbers)
  takeOfPlaces(places, count - half, numbers)
end

local function takeAmong(wish, _, quantity, least)
  local class, runs = string.match(wish, "^(%d+):(.*)$")
  local places, sum = {}, 0
  if section.kind == "seated" then
    places, sum = placesOf(runs, 48 + 3 * tonumber(class))
  end
  if sum < least then
    return "sold_out", string.format("%d", sum)
  end
  local numbers, taken = {}, math.min(sum, quantity)
  takeOfPlaces(places, taken, numbers)
  table.sort(numbers)
  rewrite(numbers, toHeld)
  return nil, nil, numbers, taken
end

takers = { m = takeChosen, M = takeChosen, g = takeGroup, a = takeAmong }
