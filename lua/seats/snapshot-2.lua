#!lua flags=no-writes
-- The byte of every seat of a section with the version it belongs to.
-- KEYS meta hash: kind, capacity, version, epoch, ends, free and held by segment, groups, segments, process, server; a byte: a group
-- KEYS seats string: one byte a seat: 48 + 3 * class + state; "0" is an ordinary free seat
-- RETURNS "section_missing" | [version: string, epoch: string, free: string, held: string, seats: string]
-- RESULTS section_missing: nothing is known of the section
local meta, seats = KEYS[1], KEYS[2]
local version, epoch, free, held = unpack(redis.call("HMGET", meta, "version", "epoch", "free", "held"))
if not version then
  return "section_missing"
end
return { version, epoch, free, held, redis.call("GET", seats) or "" }
