-- The seats by blocks, which meta keeps in groups of 32, each under its number as a byte: a byte a block, its longest
-- run of ordinary free seats; then six bytes a block: first seat (two), seats, centre, rank, segment. `blocks` has two
-- bytes a seat, its block. Only what a call touches is read, once, and what it changed is written at its end.
-- Numbers are given to Redis as text: it takes long to make text of them.
-- Needs: meta, seats, blocks, section. Gives: groupSize, groupAt, blockAt, put.
local groupSize = 32

local function groupAt(index)
  local group = section.knownGroups[index]
  if not group then
    local field = string.char(index)
    local record = redis.call("HGET", meta, field)
    group = {
      index = index,
      field = field,
      record = record,
      runs = string.sub(record, 1, groupSize),
      isChanged = false,
    }
    section.knownGroups[index] = group
  end
  return group
end

local function blockAt(index)
  local block = section.knownBlocks[index]
  if not block then
    local place = index % groupSize
    local group = groupAt((index - place) / groupSize)
    local from = groupSize + place * 6 + 1
    local high, low, count, centre, rank, segment = string.byte(group.record, from, from + 5)
    local first = high * 256 + low
    local past, start = first + count, string.format("%d", first)
    block = {
      group = group,
      place = place + 1,
      first = first,
      past = past,
      start = start,
      centre = centre,
      rank = rank,
      segment = segment + 1,
      text = redis.call("GETRANGE", seats, start, string.format("%d", past - 1)),
      isChanged = false,
    }
    section.knownBlocks[index] = block
  end
  return block
end

-- The bytes of seats that lie side by side in a block; the caller counts what that changes.
local function put(block, offset, bytes)
  local text = string.sub(block.text, 1, offset) .. bytes .. string.sub(block.text, offset + #bytes + 1)
  block.text, block.isChanged = text, true
  local change = section.changeCount + 1
  section.changes[change], section.changeCount = string.format("%d:%s", block.first + offset, bytes), change

  local longest = 0
  local from, upTo = string.find(text, "0", 1, true), nil
  while from do
    from, upTo = string.find(text, "^0+", from)
    if upTo - from >= longest then
      longest = upTo - from + 1
    end
    from = string.find(text, "0", upTo + 1, true)
  end
  local group, place = block.group, block.place
  local runs, before = group.runs, string.byte(group.runs, place)
  if longest == before then
    return
  end
  runs = string.sub(runs, 1, place - 1) .. string.char(longest) .. string.sub(runs, place + 1)
  group.runs, group.isChanged = runs, true
  local at, groups = group.index + 1, section.groups
  local most = string.byte(groups, at)
  if longest < most then
    -- Mostly another block has as many.
    if before < most or string.find(runs, string.char(most), 1, true) then
      return
    end
    longest = math.max(string.byte(runs, 1, groupSize))
  end
  section.groups = string.sub(groups, 1, at - 1) .. string.char(longest) .. string.sub(groups, at + 1)
end
