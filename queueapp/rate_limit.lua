-- Reserves the next free moment at a provider (GCRA without burst), on Redis's clock.
-- KEYS[1] the first moment that is free, microseconds since the epoch; absent: now
-- ARGV[1] microseconds between two requests   ARGV[2] the longest wait that is acceptable, microseconds
-- ARGV[3] instead of reserving, keep everybody waiting this many microseconds (0: reserve)
-- Returns {1, wait} when reserved, {0, wait} when the wait would be too long or everybody is held.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local hold = tonumber(ARGV[3])

local function store(moment)
  -- Lua would print 16 digits as 1.7e+15.
  redis.call('SET', KEYS[1], string.format('%.0f', moment), 'PX', math.ceil((moment - now) / 1000) + 1000)
end

if hold > 0 then
  free = math.max(free, now + hold)
  store(free)
  return {0, free - now}
end
if free - now > tonumber(ARGV[2]) then
  return {0, free - now}
end
store(free + tonumber(ARGV[1]))
return {1, free - now}
