-- The seats by blocks. `blocks` keeps them in groups of 32: a byte a block, its longest run of ordinary free seats,
-- then six bytes a block: first seat (two), seats, centre, rank, segment. Behind the groups stand two bytes a seat:
-- its block. Only what a call touches is read, once, and what it changed is written at its end.
-- Needs: seats, blocks, groups, free, held. Gives: groupAt, blockAt, blockOf, longestRun, put, rewrite, saveBlocks.
local groupSize, groupBytes = 32, 224
local knownGroups, knownBlocks, changedGroups, changedBlocks = {}, {}, {}, {}
local changes, lastBlock = {}, nil

local function groupAt(index)
  local group = knownGroups[index]
  if not group then
    local from = index * groupBytes
    local text = redis.call("GETRANGE", blocks, from, from + groupBytes - 1)
    group = { index = index, runs = string.sub(text, 1, groupSize), layout = text }
    knownGroups[index] = group
  end
  return group
end

local function blockAt(index)
  local block = knownBlocks[index]
  if not block then
    local place = index % groupSize
    local group = groupAt((index - place) / groupSize)
    local from = groupSize + place * 6 + 1
    local high, low, count, centre, rank, segment = string.byte(group.layout, from, from + 5)
    local first = high * 256 + low
    local text = redis.call("GETRANGE", seats, first, first + count - 1)
    block = {
      group = group,
      place = place + 1,
      first = first,
      past = first + count,
      centre = centre,
      rank = rank,
      segment = segment + 1,
      text = text,
    }
    knownBlocks[index] = block
  end
  return block
end

local function blockOf(number)
  if not lastBlock or number < lastBlock.first or number >= lastBlock.past then
    local from = #groups * groupBytes + number * 2
    local high, low = string.byte(redis.call("GETRANGE", blocks, from, from + 1), 1, 2)
    lastBlock = blockAt(high * 256 + low)
  end
  return lastBlock
end

local function longestRun(text)
  local longest = 0
  for from, past in string.gmatch(text, "()0+()") do
    if past - from > longest then
      longest = past - from
    end
  end
  return longest
end

local function index(block)
  local group, place, longest = block.group, block.place, longestRun(block.text)
  local before = string.byte(group.runs, place)
  if longest == before then
    return
  end
  group.runs = string.sub(group.runs, 1, place - 1)
    .. string.char(longest)
    .. string.sub(group.runs, place + 1)
  changedGroups[group] = true
  local at = group.index + 1
  local most = string.byte(groups, at)
  if longest > most or before == most then
    local now = math.max(string.byte(group.runs, 1, groupSize))
    groups = string.sub(groups, 1, at - 1) .. string.char(now) .. string.sub(groups, at + 1)
  end
end

-- The bytes of seats that lie side by side in a block; the caller counts what that changes.
local function put(block, offset, bytes)
  block.text = string.sub(block.text, 1, offset) .. bytes .. string.sub(block.text, offset + #bytes + 1)
  changedBlocks[block] = true
  changes[#changes + 1] = block.first + offset .. ":" .. bytes
  index(block)
end

local function count(segment, byte, change)
  if byte == 48 then
    free[segment] = free[segment] + change
  elseif byte % 3 == 1 then
    held[segment] = held[segment] + change
  end
end

-- Gives each of these seats the byte that `byteOf` makes of the one it has and of its place among the numbers.
local function rewrite(numbers, byteOf)
  local from = 1
  while from <= #numbers do
    local number = numbers[from]
    local block, upTo = blockOf(number), from
    while numbers[upTo + 1] == number + upTo + 1 - from and numbers[upTo + 1] < block.past do
      upTo = upTo + 1
    end
    local offset = number - block.first
    local bytes = { string.byte(block.text, offset + 1, offset + upTo - from + 1) }
    for place, before in ipairs(bytes) do
      local now = byteOf(before, from + place - 1)
      count(block.segment, before, -1)
      count(block.segment, now, 1)
      bytes[place] = now
    end
    put(block, offset, string.char(unpack(bytes)))
    from = upTo + 1
  end
end

local function saveBlocks()
  for block in pairs(changedBlocks) do
    redis.call("SETRANGE", seats, block.first, block.text)
  end
  for group in pairs(changedGroups) do
    redis.call("SETRANGE", blocks, group.index * groupBytes, group.runs)
  end
end
