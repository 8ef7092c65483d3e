-- What meta keeps of a section, read at once. `free` and `held` count by segment, the first at 1; `groups` has a byte
-- a group of blocks, its longest run of ordinary free seats; `segments` has four bytes a segment, its
-- first block and how many it has.
-- Needs: meta. Gives: countsOf, listOf, section (nothing where none is loaded).

-- Most lists have one number, and a match costs ten times as much as `tonumber`.
local function countsOf(text)
  local only = tonumber(text)
  if only then
    return { only }
  end
  local counts = {}
  for count in string.gmatch(text, "%d+") do
    counts[#counts + 1] = tonumber(count)
  end
  return counts
end

-- As `table.concat` by comma, which takes five times as long for numbers. Nearly all lists have one or two.
local function listOf(numbers)
  local count = #numbers
  if count == 1 then
    return string.format("%d", numbers[1])
  elseif count == 2 then
    return string.format("%d,%d", numbers[1], numbers[2])
  end
  return count == 0 and "" or string.format("%d" .. string.rep(",%d", count - 1), unpack(numbers))
end

local stored =
  redis.call("HMGET", meta, "kind", "version", "epoch", "free", "held", "groups", "segments", "process")
local section = stored[1]
  and {
    kind = stored[1],
    version = tonumber(stored[2]),
    epoch = stored[3],
    free = countsOf(stored[4]),
    held = countsOf(stored[5]),
    groups = stored[6],
    segments = stored[7],
    process = stored[8],
    -- Of the seats: what was read, and how they have changed.
    knownGroups = {},
    knownBlocks = {},
    changes = {},
    changeCount = 0,
  }
