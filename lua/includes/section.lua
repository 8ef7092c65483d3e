-- What meta keeps of a section. `free` and `held` count by segment, the first at 1; `groups` has a byte a group of
-- blocks, its longest run of ordinary free seats. All of it is read at once and written at once.
-- Needs: meta. Gives: kind, capacity, version, epoch, free, held, groups, segments, process, server, countsOf.
local function countsOf(text)
  local counts = {}
  for count in string.gmatch(text, "%d+") do
    counts[#counts + 1] = tonumber(count)
  end
  return counts
end

local kind, capacity, version, epoch, free, held, groups, segments, process, server = unpack(
  redis.call(
    "HMGET",
    meta,
    "kind",
    "capacity",
    "version",
    "epoch",
    "free",
    "held",
    "groups",
    "segments",
    "process",
    "server"
  )
)
if kind then
  capacity, version, free, held = tonumber(capacity), tonumber(version), countsOf(free), countsOf(held)
end
