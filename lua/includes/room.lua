-- Reads the room: its settings, its counters, and what it keeps of each lane. The first lane is the general one.
-- Needs: settings. Gives: room, saveLanes, stateOf, trimGaps.
local function readRoom()
  -- Never read as numbers: a lane may be named "nan" or "inf", a hash be all digits.
  local texts = {
    drawState = true,
    server = true,
    laneNames = true,
    lanes = true,
    weights = true,
    commitment = true,
  }
  local names = {
    "lobbyAtMs",
    "opensAtMs",
    "paused",
    "closed",
    "soldOut",
    "draws",
    "drawState",
    "cap",
    "turnWindowMs",
    "passMs",
    "renewals",
    "absenceGraceMs",
    "nowMs",
    "restoringUntilMs",
    "patientUntilMs",
    "incarnation",
    "savedAt",
    "server",
    "laneNames",
    "lanes",
    "weights",
    "passes",
    "revocations",
    "commitment",
    "joined",
    "peak",
  }
  local values, read = redis.call("HMGET", settings, unpack(names)), {}
  for index, name in ipairs(names) do
    read[name] = texts[name] and values[index] or tonumber(values[index])
  end
  if not read.cap then
    return nil
  end
  read.each = {}
  local pattern = "(%d+) (%d+) (%d+) (%d+) (%-?[%d.]+) ([^;]+)"
  for last, reserved, served, lobby, credit, gaps in string.gmatch(read.lanes, pattern) do
    read.each[#read.each + 1] = {
      last = tonumber(last),
      reserved = tonumber(reserved),
      served = tonumber(served),
      drawn = tonumber(lobby),
      credit = tonumber(credit),
      gaps = gaps,
    }
  end
  return read
end

local room = readRoom()

local function saveLanes()
  local texts = {}
  for index, lane in ipairs(room.each) do
    texts[index] = string.format(
      "%d %d %d %d %.3f %s",
      lane.last,
      lane.reserved,
      lane.served,
      lane.drawn,
      lane.credit,
      lane.gaps
    )
  end
  room.lanes = table.concat(texts, ";")
  redis.call("HSET", settings, "lanes", room.lanes)
end

-- What no longer lies before anybody is forgotten.
local function trimGaps(lane, passed)
  local left = {}
  for from, upTo in string.gmatch(lane.gaps, "(%d+)-(%d+)") do
    if tonumber(upTo) > passed then
      left[#left + 1] = string.format("%d-%d", math.max(tonumber(from), passed + 1), upTo)
    end
  end
  lane.gaps = #left > 0 and table.concat(left, ",") or "-"
end

local function stateOf(nowMs)
  local state = room.paused == 1 and "paused" or "open"
  if room.closed == 1 or room.soldOut == 1 then
    state = "closed"
  elseif nowMs < room.lobbyAtMs then
    state = "scheduled"
  elseif nowMs < room.opensAtMs or (room.draws == 1 and room.drawState ~= "done") then
    state = "lobby"
  end
  return state
end
