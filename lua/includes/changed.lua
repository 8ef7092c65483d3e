-- Ends a call that has changed the section: a version more, and everybody who watches hears it. A backslash is a
-- seat of a house pool that was sold; JSON wants it doubled.
-- Needs: meta, seats, news, section, listOf. Stands where the call ends.
do
  for _, block in pairs(section.knownBlocks) do
    if block.isChanged then
      redis.call("SETRANGE", seats, block.start, block.text)
    end
  end
  local version, free, held =
    string.format("%d", section.version + 1), listOf(section.free), listOf(section.held)
  local fields = { "version", version, "free", free, "held", held, "groups", section.groups }
  for _, group in pairs(section.knownGroups) do
    if group.isChanged then
      fields[#fields + 1], fields[#fields + 2] =
        group.field, group.runs .. string.sub(group.record, #group.runs + 1)
    end
  end
  redis.call("HSET", meta, unpack(fields))
  local changed = table.concat(section.changes, ",")
  if string.find(changed, "\\", 1, true) then
    changed = string.gsub(changed, "\\", "\\\\")
  end
  local head = '{"version":' .. version .. ',"epoch":' .. section.epoch .. ',"free":[' .. free .. '],"held":['
  redis.call("SPUBLISH", news, head .. held .. '],"changed":"' .. changed .. '"}')
end
