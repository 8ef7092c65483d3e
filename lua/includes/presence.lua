-- Who is here, as the gateways report it: each says from which number on it looked, and sets a bit for every number
-- after it that is here (six bits a character, "0" is none); below it, it lists numbers. What no gateway looked at is
-- not known. A report counts until its end, also when its gateway is gone: that is the grace of the absent.
-- Needs: reports, room, bit. Gives: readReports, isHere, knownUpTo.
local hereBits, hereBelow, presentCount, tails = {}, {}, 0, {}

local function readLaneReport(lane, base, bits, below)
  hereBits[lane] = hereBits[lane] or {}
  table.insert(hereBits[lane], { base = base, bits = bits, upTo = base + 6 * #bits })
  hereBelow[lane] = hereBelow[lane] or {}
  for number in string.gmatch(below, "%d+") do
    hereBelow[lane][tonumber(number)] = true
  end
end

local function readReports(nowMs)
  local found = redis.call("HGETALL", reports)
  for index = 1, #found, 2 do
    local untilMs, present, lanes, tail = string.match(found[index + 1], "^(%d+)\n(%d+)\n([^\n]*)\n(.*)$")
    if tonumber(untilMs) < nowMs then
      redis.call("HDEL", reports, found[index])
    else
      presentCount = presentCount + tonumber(present)
      tails[#tails + 1] = tail
      for lane, base, bits, below in string.gmatch(lanes, "(%d+) (%d+) (%S*) ([%d,]*);") do
        readLaneReport(tonumber(lane), tonumber(base), bits, below)
      end
    end
  end
end

local function isHere(lane, number)
  for _, report in ipairs(hereBits[lane] or {}) do
    local position = number - report.base - 1
    if position >= 0 and number <= report.upTo then
      local six = string.byte(report.bits, math.floor(position / 6) + 1) - 48
      if bit.band(six, bit.lshift(1, position % 6)) ~= 0 then
        return true
      end
    end
  end
  return hereBelow[lane] ~= nil and hereBelow[lane][number] == true
end

-- The highest number of which every report says whether it is here.
local function knownUpTo(lane)
  local least
  for _, report in ipairs(hereBits[lane] or {}) do
    least = math.min(least or report.upTo, report.upTo)
  end
  return least or 0
end
