#!lua flags=no-writes
-- The state of every seat of a section with the version it belongs to.
-- KEYS meta hash: kind, capacity, free, version, epoch, ends, rowCount
-- KEYS seats string: one byte a seat: f free, h held, s sold, b blocked
-- RETURNS "section_missing" | [version: string, free: string, seats: string]
-- RESULTS section_missing: nothing is known of the section
local meta, seats = KEYS[1], KEYS[2]
local version, free = unpack(redis.call("HMGET", meta, "version", "free"))
if not version then
  return "section_missing"
end
return { version, free, redis.call("GET", seats) or "" }
