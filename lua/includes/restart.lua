-- A server that was restarted, or took over from another one, may have forgotten the last writes: numbers that
-- were given, turns that were taken. `LASTSAVE` is cheap and begins anew with each server process, and the node's id
-- tells a master from a replica that was started in the same second; only where they differ the dearer identity of
-- the process is read. Numbers then go on behind everything that can have been
-- given, and nobody is let in until those who were forgotten had time to come back with their receipts and passes.
-- Passes too are numbered anew behind all that can have been given.
-- Needs: settings, room, saveLanes. Gives: noticeRestart.
local firstRushMs, leastLost = 60000, 1000

-- Behind it nothing can have been given. What lies before it in a lobby is drawn with the others, so it is as little
-- there as can be: a server forgets its last second, and three times the fastest one that was counted covers that.
-- The first rush has not been counted yet; until it is over the reserve is the bound.
local function lobbyBound(lane, nowMs)
  if nowMs < room.lobbyAtMs + firstRushMs then
    return lane.reserved
  end
  return math.min(lane.reserved, lane.last + math.max(leastLost, 3 * (room.peak or 0)))
end

local function skipLost(lane, nowMs)
  local last = lane.reserved
  if room.draws == 1 and not room.drawState then
    local bound = lobbyBound(lane, nowMs)
    if nowMs < room.opensAtMs then
      last = bound
    else
      -- The rush of the opening is not counted either; whoever came with it has the number of the entry.
      lane.drawn = bound
    end
  end
  if lane.last < last then
    local gap = string.format("%d-%d", lane.last + 1, last)
    lane.gaps = lane.gaps == "-" and gap or lane.gaps .. "," .. gap
    lane.last = last
  end
end

local function noticeRestart(nowMs)
  local savedAt = redis.call("LASTSAVE") .. redis.call("CLUSTER", "MYID")
  if savedAt == room.savedAt then
    return
  end
  local server = string.match(redis.call("INFO", "server"), "run_id:(%x+)")
  redis.call("HSET", settings, "savedAt", savedAt, "server", server)
  if server == room.server then
    return
  end
  room.incarnation = room.incarnation + 1
  room.restoringUntilMs = nowMs + room.absenceGraceMs
  redis.call("HSET", settings, "incarnation", room.incarnation, "restoringUntilMs", room.restoringUntilMs)
  redis.call("HSET", settings, "passes", (room.incarnation - 1) * 4294967296)
  for _, lane in ipairs(room.each) do
    skipLost(lane, nowMs)
  end
  saveLanes()
end
