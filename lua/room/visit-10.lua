#!lua
-- Says where identities stand, and gives a place to those who join and have none. An identity has one place, in
-- any state of the room; a place whose pass is over is gone. Whoever was stepped over while away and asks is next.
-- KEYS settings hash: the room's settings and counters
-- KEYS places hash: identity to lane entry joinedAt
-- KEYS line hash: blocks of identities, by entry and, of those who were drawn, by number
-- KEYS drawn hash: blocks of numbers by entry
-- KEYS back zset: identities that were stepped over and are here again, by lane and number
-- KEYS turns zset: identities with an offered turn, by the end of its window
-- KEYS inside zset: identities with a pass, by its end
-- KEYS passes hash: identity to the pass's number|renewals left
-- KEYS codes hash: hashed code to the lane's name|uses left|end
-- KEYS proofs zset: proofs of work that were used, by their end
-- ARGV visits string: JSON, a list of [identity, 1 to join, 2 to say that somebody is here, or 0, hashed code or "", proof's id or "", its end]
-- ARGV nowMs number: the caller's time
-- RETURNS ["room", state: string, incarnation: number, laneNames: string, lanes: string, commitment: string, answers: (readonly [where: "lobby" | "waiting" | "lapsed" | "turn" | "inside", lane: number, entry: number, number: number, endsAtMs: number, joinedAt: number, fresh: 0 | 1] | readonly [refusal: "missing" | "closed" | "busy" | "code_wrong" | "code_spent" | "proof_spent"])[]] | ["room_missing"]
-- RESULTS room: what the lanes keep follows, then an answer for each visit
-- RESULTS room_missing: the room was never configured, or Redis forgot it
-- RESULTS lobby: waits for the draw, which gives the number
-- RESULTS waiting: has a number, whose turn comes
-- RESULTS lapsed: did not take the turn up; saying so makes the place the next
-- RESULTS turn: the end of the turn's window stands in endsAtMs
-- RESULTS inside: the end of the pass stands in endsAtMs
-- RESULTS missing: never joined, left, or the pass is over
-- RESULTS closed: the room takes no new places now
-- RESULTS busy: no number may be given until more are reserved
-- RESULTS code_wrong: no such code, or it has ended
-- RESULTS code_spent: all its uses are used
-- RESULTS proof_spent: this proof of work was used before
local settings, places, line, drawn, back = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local turns, inside, passes, codes, proofs = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local visits, nowMs = cjson.decode(ARGV[1]), tonumber(ARGV[2])

-- INCLUDE room
-- INCLUDE restart
-- INCLUDE places
if not room then
  return { "room_missing" }
end
nowMs = math.max(nowMs, room.nowMs)
noticeRestart(nowMs)
local state = stateOf(nowMs)
local known, blocks, newPlaces = {}, {}, {}

-- The general lane, or the lane of a code that still has uses.
local function laneFor(code)
  if code == "" then
    return 0
  end
  local kept = redis.call("HGET", codes, code)
  if not kept then
    return nil, "code_wrong"
  end
  local name, uses, endsAtMs = string.match(kept, "^([^|]+)|(%d+)|(%d+)$")
  local lane, position = nil, 0
  for laneName in string.gmatch(room.laneNames, "[^,]+") do
    lane = laneName == name and position or lane
    position = position + 1
  end
  if not lane or tonumber(endsAtMs) <= nowMs then
    return nil, "code_wrong"
  elseif tonumber(uses) < 1 then
    return nil, "code_spent"
  end
  return lane, nil, string.format("%s|%d|%s", name, uses - 1, endsAtMs)
end

local function append(lane, entry, identity)
  local field = lineField("a", lane, entry)
  local block = blocks[field] or redis.call("HGET", line, field) or ""
  local offset = (entry - 1) % perBlock * identityLength
  blocks[field] = block .. string.rep("-", offset - #block) .. identity
end

local function join(identity, code, proof, proofEndsAtMs)
  if state == "scheduled" or state == "closed" then
    return { "closed" }
  end
  local lane, refusal, codeLeft = laneFor(code)
  if refusal then
    return { refusal }
  end
  local kept = room.each[lane + 1]
  if kept.last >= kept.reserved then
    return { "busy" }
  end
  if proof ~= "" and redis.call("ZADD", proofs, "NX", proofEndsAtMs, proof) == 0 then
    return { "proof_spent" }
  end
  if codeLeft then
    redis.call("HSET", codes, code, codeLeft)
  end
  kept.last = kept.last + 1
  local joinedAt = math.floor(nowMs / 1000)
  local value = string.format("%d %d %d", lane, kept.last, joinedAt)
  append(lane, kept.last, identity)
  newPlaces[#newPlaces + 1], newPlaces[#newPlaces + 2] = identity, value
  known[identity] = value
  local number = numberOf({ lane = lane, entry = kept.last })
  return { number and "waiting" or "lobby", lane, kept.last, number or 0, 0, joinedAt, 1 }
end

-- Whoever has a number that was served has the turn or the pass, or was stepped over or has let the turn lapse.
local function standServed(identity, place, number, joins)
  local turnEndsAtMs = redis.call("ZSCORE", turns, identity)
  local passEndsAtMs = not turnEndsAtMs and redis.call("ZSCORE", inside, identity)
  local endsAtMs = tonumber(turnEndsAtMs or passEndsAtMs)
  if passEndsAtMs and endsAtMs <= nowMs then
    return nil
  elseif endsAtMs and endsAtMs > nowMs then
    local where = turnEndsAtMs and "turn" or "inside"
    return where, endsAtMs
  end
  if (place.lapsed or turnEndsAtMs) and joins == 0 then
    local where = "lapsed"
    return where, 0
  end
  redis.call("ZREM", turns, identity)
  known[identity] = comeBack(identity, place, number, nowMs)
  local where = "waiting"
  return where, 0
end

local function visit(identity, joins, code, proof, proofEndsAtMs)
  if known[identity] then
    local place = readPlace(known[identity])
    local number = numberOf(place)
    local where, endsAtMs = number and "waiting" or "lobby", 0
    if place.readmitted or (number and number <= room.each[place.lane + 1].served) then
      where, endsAtMs = standServed(identity, place, number, joins)
    end
    if where then
      return { where, place.lane, place.entry, number or 0, endsAtMs, place.joinedAt, 0 }
    end
    known[identity] = nil
    redis.call("HDEL", places, identity)
    redis.call("ZREM", inside, identity)
    redis.call("HDEL", passes, identity)
  end
  if joins ~= 1 then
    return { "missing" }
  end
  return join(identity, code, proof, proofEndsAtMs)
end

local identities = {}
for index, asked in ipairs(visits) do
  identities[index] = asked[1]
end
local values, answers = redis.call("HMGET", places, unpack(identities)), {}
for index, identity in ipairs(identities) do
  known[identity] = values[index] or nil
end
for index, asked in ipairs(visits) do
  answers[index] = visit(unpack(asked))
end
if #newPlaces > 0 then
  redis.call("HSET", places, unpack(newPlaces))
  for field, block in pairs(blocks) do
    redis.call("HSET", line, field, block)
  end
  saveLanes()
  redis.call("HINCRBY", settings, "joined", #newPlaces / 2)
end
return { "room", state, room.incarnation, room.laneNames, room.lanes, room.commitment or "", answers }
