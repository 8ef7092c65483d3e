-- What stays of a hold that gives places back. Seats are named, and places of a standing section are counted by what
-- is left, so that it may be repeated.
-- Gives: shrink.
local function shrink(numbers, quantity, left, giveBack)
  if #numbers == 0 then
    return {}, {}, math.min(quantity, left)
  end
  local isGiven, stay, back = {}, {}, {}
  for _, number in ipairs(giveBack) do
    isGiven[number] = true
  end
  for _, number in ipairs(numbers) do
    local list = isGiven[number] and back or stay
    list[#list + 1] = number
  end
  return stay, back, #stay
end
