-- Seats by their numbers: the block of each, and what they become.
-- Needs: blocks, section, blockAt, put. Gives: blockOf, rewrite.
local function blockOf(number)
  local last = section.lastBlock
  if not last or number < last.first or number >= last.past then
    local from, upTo = string.format("%d", number * 2), string.format("%d", number * 2 + 1)
    local high, low = string.byte(redis.call("GETRANGE", blocks, from, upTo), 1, 2)
    last = blockAt(high * 256 + low)
    section.lastBlock = last
  end
  return last
end

-- Gives each of these seats the byte that `byteOf` makes of the one it has and of its place among the numbers.
local function rewrite(numbers, byteOf)
  local from, free, held = 1, section.free, section.held
  while from <= #numbers do
    local number = numbers[from]
    local block, upTo = blockOf(number), from
    while numbers[upTo + 1] == number + upTo + 1 - from and numbers[upTo + 1] < block.past do
      upTo = upTo + 1
    end
    local offset, segment = number - block.first, block.segment
    local bytes = { string.byte(block.text, offset + 1, offset + upTo - from + 1) }
    for place, before in ipairs(bytes) do
      local now = byteOf(before, from + place - 1)
      free[segment] = free[segment] + (now == 48 and 1 or 0) - (before == 48 and 1 or 0)
      held[segment] = held[segment] + (now % 3 == 1 and 1 or 0) - (before % 3 == 1 and 1 or 0)
      bytes[place] = now
    end
    put(block, offset, string.char(unpack(bytes)))
    from = upTo + 1
  end
end
