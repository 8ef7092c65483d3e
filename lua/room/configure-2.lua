#!lua
-- Sets how a room runs. The places, turns and passes of a running room stay as they are. A room that Redis does
-- not know is made: new, or, where its numbers were given before, behind the last number that can have been given.
-- KEYS settings hash: the room's settings and counters
-- KEYS codes hash: hashed code to the lane's name|uses left|end
-- ARGV room string: JSON, the fields of the settings by their names
-- ARGV marks string: JSON, what is known of the lanes from before: last, reserved, served, drawn; or an empty list
-- ARGV incarnation number: of the room when it was last known; 0 for a new one
-- ARGV reserved number: how many numbers of each lane may be given from the start
-- ARGV drawState string: "", drawing or done; of a room that was there before
-- ARGV newCodes string: JSON, the codes that must be there: hash, value
-- ARGV mustBeThere number: 1 where the caller knows nothing from before: the room is not made then
-- ARGV nowMs number: the caller's time
-- RETURNS "configured" | "made" | "room_missing"
-- RESULTS configured: the settings hold from the next step on
-- RESULTS made: there was no such room in Redis
-- RESULTS room_missing: there is no such room in Redis, and none was made
local settings, codes = KEYS[1], KEYS[2]
local room, marks = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
local incarnation, reserved = tonumber(ARGV[3]), tonumber(ARGV[4])
local drawState, newCodes = ARGV[5], cjson.decode(ARGV[6])
local mustBeThere, nowMs = tonumber(ARGV[7]), tonumber(ARGV[8])

if mustBeThere == 1 and redis.call("HEXISTS", settings, "incarnation") == 0 then
  return "room_missing"
end

for name, value in pairs(room) do
  redis.call("HSET", settings, name, value)
end
for _, code in ipairs(newCodes) do
  redis.call("HSETNX", codes, code[1], code[2])
end

local function laneText(index, mark)
  local known = redis.call("HGET", settings, "lanes")
  local position = 0
  for text in string.gmatch(known or "", "[^;]+") do
    position = position + 1
    if position == index then
      return text
    end
  end
  if not mark then
    return string.format("0 %d 0 0 0.000 -", reserved)
  end
  local gap = mark.last < mark.reserved and string.format("%d-%d", mark.last + 1, mark.reserved) or "-"
  return string.format(
    "%d %d %d %d 0.000 %s",
    mark.reserved,
    mark.reserved + reserved,
    mark.served,
    mark.drawn,
    gap
  )
end

-- What is kept of a lane that was taken away stays: its places are still there.
local texts = {}
local _, known = string.gsub(redis.call("HGET", settings, "lanes") or "", "[^;]+", "")
for index = 1, math.max(room.laneCount, known) do
  texts[index] = laneText(index, marks[index])
end
redis.call("HSET", settings, "lanes", table.concat(texts, ";"))
if redis.call("HSETNX", settings, "incarnation", incarnation + 1) == 0 then
  return "configured"
end
if drawState ~= "" then
  redis.call("HSET", settings, "drawState", drawState)
end
local server = string.match(redis.call("INFO", "server"), "run_id:(%x+)")
redis.call(
  "HSET",
  settings,
  "savedAt",
  redis.call("LASTSAVE") .. redis.call("CLUSTER", "MYID"),
  "server",
  server,
  "nowMs",
  0
)
redis.call("HSET", settings, "restoringUntilMs", incarnation > 0 and nowMs + room.absenceGraceMs or 0)
redis.call("HSET", settings, "passes", incarnation * 4294967296)
return "made"
