-- Who is here, as the gateways report it: each says from which number on it looked, and sets a bit for every number
-- after it that is here (six bits a character, "0" is none); below it, it lists numbers. What no gateway looked at is
-- not known. A report counts until its end, also when its gateway is gone: that is the grace of the absent.
-- Needs: reports, room, bit. Gives: readReports, isHere, knownUpTo.
local hereBits, hereBelow, presentCount, tails = {}, {}, 0, {}

-- Reports that look at the same numbers are read as one: with a million here there are more than fifty.
local function readLaneReport(lane, base, bits, below)
  hereBits[lane] = hereBits[lane] or {}
  local view = string.format("%d %d", base, #bits)
  local seen = hereBits[lane][view] or { base = base, upTo = base + 6 * #bits, texts = {}, sixes = {} }
  hereBits[lane][view] = seen
  seen.texts[#seen.texts + 1] = bits
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

local function sixAt(seen, index)
  local six = seen.sixes[index]
  if not six then
    six = 0
    for _, bits in ipairs(seen.texts) do
      six = bit.bor(six, string.byte(bits, index) - 48)
    end
    seen.sixes[index] = six
  end
  return six
end

local function isHere(lane, number)
  for _, seen in pairs(hereBits[lane] or {}) do
    local position = number - seen.base - 1
    if position >= 0 and number <= seen.upTo then
      local six = sixAt(seen, math.floor(position / 6) + 1)
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
  for _, seen in pairs(hereBits[lane] or {}) do
    least = math.min(least or seen.upTo, seen.upTo)
  end
  return least or 0
end
