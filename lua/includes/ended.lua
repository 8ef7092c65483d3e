-- What changed holds or seats otherwise than a claim is remembered for a while: whoever rebuilds the section has read
-- Postgres before, and catches up with it.
-- Needs: meta, ended. Gives: noteEnded.
local function noteEnded(lines)
  -- Far more than come while Postgres is read for a rebuilding.
  local endsKept, endsKeptMs = 2000, 60000
  redis.call("RPUSH", ended, unpack(lines))
  redis.call("LTRIM", ended, -endsKept, -1)
  redis.call("PEXPIRE", ended, endsKeptMs)
  redis.call("HINCRBY", meta, "ends", #lines)
end
