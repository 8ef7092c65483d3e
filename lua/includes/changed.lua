-- Ends a call that has changed the section: a version more, and everybody who watches hears it. A backslash is a
-- seat of a house pool that was sold; JSON wants it doubled.
-- Needs: meta, news, version, epoch, free, held, groups, changes, saveBlocks. Gives: saveChanges.
local function saveChanges()
  saveBlocks()
  local freeNow, heldNow = table.concat(free, ","), table.concat(held, ",")
  version = version + 1
  redis.call("HSET", meta, "version", version, "free", freeNow, "held", heldNow, "groups", groups)
  local changed = table.concat(changes, ",")
  if string.find(changed, "\\", 1, true) then
    changed = string.gsub(changed, "\\", "\\\\")
  end
  redis.call(
    "SPUBLISH",
    news,
    '{"version":'
      .. version
      .. ',"epoch":'
      .. epoch
      .. ',"free":['
      .. freeNow
      .. '],"held":['
      .. heldNow
      .. '],"changed":"'
      .. changed
      .. '"}'
  )
end
