-- A server that was restarted, or took over from another one, may have forgotten the last writes. `LASTSAVE` is
-- cheap and begins anew with each server process, and the node's id tells a master from a replica that was started in
-- the same second; only where they differ from what `load` noted the dearer identity of the process is read.
-- Gives: process, serverNow.
local process = string.format("%d%s", redis.call("LASTSAVE"), redis.call("CLUSTER", "MYID"))

local function serverNow()
  return string.match(redis.call("INFO", "server"), "run_id:(%x+)")
end
