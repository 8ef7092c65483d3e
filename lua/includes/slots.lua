-- The slot of a place in the line: whose it is, and how to write it. Dashes stand where nobody is known.
-- Needs: room, line, drawn, numberOf, lineField. Gives: slotOf, laneAt.
local function slotOf(lane, entry)
  local number = numberOf({ lane = lane, entry = entry })
  local isDrawn = number and entry <= room.each[lane + 1].drawn
  local position = isDrawn and number or entry
  local field = lineField(isDrawn and "d" or "a", lane, position)
  local offset = (position - 1) % perBlock * identityLength
  local block = redis.call("HGET", line, field) or ""
  block = block .. string.rep("-", offset + identityLength - #block)
  local there = string.sub(block, offset + 1, offset + identityLength)

  local function write(identity)
    local before, after = string.sub(block, 1, offset), string.sub(block, offset + identityLength + 1)
    redis.call("HSET", line, field, before .. identity .. after)
  end
  return number, there ~= string.rep("-", identityLength) and there or nil, write
end

-- The place of a lane's name among the lanes, and what is kept of it; nothing where no such entry was given.
local function laneAt(laneName, entry)
  local position = 0
  for name in string.gmatch(room.laneNames, "[^,]+") do
    local kept = room.each[position + 1]
    if name == laneName and kept and entry >= 1 and entry <= kept.last then
      return position, kept
    end
    position = position + 1
  end
end
