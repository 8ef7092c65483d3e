#!lua
-- Says what seats are for. Free seats change at once; who holds or has bought a seat keeps it.
-- KEYS meta hash: kind, capacity, version, epoch, ends, free and held by segment, groups, segments, process, server; a byte: a group
-- KEYS seats string: one byte a seat: 48 + 3 * class + state; "0" is an ordinary free seat
-- KEYS blocks string: two bytes a seat, its block
-- KEYS ended list: what changed holds or seats lately otherwise than a claim, for a rebuilding; meta's ends counts it all
-- KEYS news channel: the changes of the section
-- ARGV marks text: seat number=class, by comma
-- RETURNS "marked" | "section_missing" | "seats_unknown"
-- RESULTS marked: all of them are so now
-- RESULTS section_missing: nothing is known of the section, or a part of it is lost
-- RESULTS seats_unknown: the section has no such seats; nothing was changed
local meta, seats, blocks, ended, news = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local marks = ARGV[1]

-- INCLUDE section
-- INCLUDE ended
-- Also where nothing is loaded: whoever does it now may have read the marks before.
noteEnded({ "mark:" .. marks })
-- INCLUDE whole
if not section or dropTorn() then
  return "section_missing"
end

-- INCLUDE blocks
-- INCLUDE rewrite
local numbers, classes, capacity = {}, {}, tonumber(redis.call("HGET", meta, "capacity"))
for number, class in string.gmatch(marks, "(%d+)=(%d+)") do
  numbers[#numbers + 1], classes[#classes + 1] = tonumber(number), tonumber(class)
  if section.kind ~= "seated" or numbers[#numbers] >= capacity then
    return "seats_unknown"
  end
end
rewrite(numbers, function(byte, place)
  return 48 + 3 * classes[place] + byte % 3
end)
-- INCLUDE changed
return "marked"
