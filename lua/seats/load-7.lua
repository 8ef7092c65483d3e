#!lua
-- Builds a section from what Postgres says, also over the one that is there. Fresh unpaid holds that Postgres
-- does not know yet are kept where they do not collide: their bookings may be about to commit. What has ended
-- since the caller began to read Postgres ends here too. Refused where that is not known any more, and where
-- another has rebuilt the section since.
-- KEYS meta hash: kind, capacity, version, epoch, ends, free and held by segment, groups, segments, process, server; a byte: a group
-- KEYS seats string: one byte a seat: 48 + 3 * class + state; "0" is an ordinary free seat
-- KEYS blocks string: two bytes a seat, its block
-- KEYS holds hash: booking id to state|deadlineMs|heldAtMs|requestHash|quantity|seat numbers by comma
-- KEYS unpaid zset: booking ids of unpaid holds by the time of the hold
-- KEYS ended list: what changed holds or seats lately otherwise than a claim, for a rebuilding; meta's ends counts it all
-- KEYS news channel: the changes of the section
-- ARGV nowMs number: the time
-- ARGV keepMs number: holds younger than this are kept
-- ARGV ends number: meta's ends when the caller began to read
-- ARGV section json: kind, capacity, blocks as [seats, segment, rank, centre], segments as [first block, blocks], marks
-- ARGV live json: array of [bookingId, state, deadlineMs, requestHash, quantity, seatNumbers]
-- RETURNS ["loaded", number] | ["moved"]
-- RESULTS loaded: how many fresh holds were dropped because Postgres has sold their seats
-- RESULTS moved: read Postgres again
local meta, seats, blocks, holds = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local unpaid, ended, news = KEYS[5], KEYS[6], KEYS[7]
local nowMs, keepMs, ends = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local section, live = cjson.decode(ARGV[4]), cjson.decode(ARGV[5])

-- INCLUDE process
-- INCLUDE ended
-- INCLUDE shrink
-- INCLUDE truth
if not catchUp() then
  return { "moved" }
end

-- INCLUDE layout
putLive()
local dropped = putFresh()
saveLayout()
noteEnded({ "load:" })
local server = serverNow()
redis.call(
  "HSET",
  meta,
  "kind",
  section.kind,
  "capacity",
  section.capacity,
  "process",
  process,
  "server",
  server
)
local version = redis.call("HINCRBY", meta, "version", 1)
-- The versions that a lost Redis had come a second time; by the time, their epoch does not.
local epoch = string.format("%d", math.max(tonumber(redis.call("HGET", meta, "epoch") or 0) + 1, nowMs))
local freeNow, heldNow = table.concat(free, ","), table.concat(held, ",")
redis.call("HSET", meta, "epoch", epoch, "free", freeNow, "held", heldNow)
local head = string.format('{"version":%d,"epoch":%s', version, epoch)
redis.call("SPUBLISH", news, head .. ',"free":[' .. freeNow .. '],"held":[' .. heldNow .. '],"reload":true}')
return { "loaded", dropped }
