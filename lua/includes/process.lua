-- A server that was restarted, or took over from another one, may have forgotten the last writes. `LASTSAVE` is
-- cheap and begins anew with each server process, and the node's id tells a master from a replica that was started in
-- the same second; only where they differ from what `load` noted the dearer identity of the process is read.
-- Needs: meta. Gives: processNow, serverNow, isSameProcess.
local function processNow()
  return string.format("%d%s", redis.call("LASTSAVE"), redis.call("CLUSTER", "MYID"))
end

local function serverNow()
  return string.match(redis.call("INFO", "server"), "run_id:(%x+)")
end

local function isSameProcess(section)
  local process = processNow()
  if process ~= section.process then
    if serverNow() ~= redis.call("HGET", meta, "server") then
      return false
    end
    redis.call("HSET", meta, "process", process)
  end
  return true
end
