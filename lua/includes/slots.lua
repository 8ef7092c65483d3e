-- The slot of a place in the line: whose it is, and how to write it. Dashes stand where nobody is known.
-- Needs: room, saveLanes, line, drawn, numberOf, lineField. Gives: slotOf, laneAt.

-- Entries are given in their order: those below one that comes back out of a gap were given too.
local function narrowGap(kept, entry)
  local narrowed = string.gsub(kept.gaps, "(%d+)-(%d+),?", function(from, upTo)
    if tonumber(from) > entry or entry > tonumber(upTo) then
      return nil
    end
    return entry == tonumber(upTo) and "" or string.format("%d-%s,", entry + 1, upTo)
  end)
  narrowed = string.gsub(narrowed, ",$", "")
  if narrowed ~= kept.gaps then
    kept.gaps = narrowed == "" and "-" or narrowed
    saveLanes()
  end
end

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
    narrowGap(room.each[lane + 1], entry)
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
