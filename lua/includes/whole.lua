-- Of a slot that was on the move when a node died, some keys may be lost and others not. Best-available finds that out by
-- itself: seats that are not there are not free. Whoever goes by the numbers of seats asks first. From then on the section
-- is missing, and is built anew from Postgres; how much has ended is still counted for whoever is building it now.
-- Needs: meta, seats, blocks, section. Gives: dropTorn.
local function dropTorn()
  if section.kind ~= "seated" or redis.call("EXISTS", seats, blocks) == 2 then
    return false
  end
  redis.call("HDEL", meta, "kind", "version", "free", "held")
  return true
end
