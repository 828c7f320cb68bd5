-- Take up to ARGV[2] messages of several lanes for one process, the first lane's first.
-- KEYS[1]    Dramatiq's sorted set of heartbeats
-- KEYS[2..]  per lane: list of message ids, hash of bodies, set of this process's ids to acknowledge
-- ARGV[1]    id of the process
-- ARGV[2]    messages wanted
-- ARGV[3]    1: first take one message from the last lane that has any, so that none is starved
-- Returns a flat list of: number of the lane from 1, message id, body.
local wanted = tonumber(ARGV[2])
local lanes = (#KEYS - 1) / 3
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])

local taken = {}
local function take(lane, most)
    local first = 2 + (lane - 1) * 3
    while most > 0 do
        local id = redis.call('LPOP', KEYS[first])
        if not id then return most end
        local body = redis.call('HGET', KEYS[first + 1], id)
        if body then
            redis.call('SADD', KEYS[first + 2], id)
            taken[#taken + 1] = lane
            taken[#taken + 1] = id
            taken[#taken + 1] = body
            most = most - 1
        end
    end
    return most
end

if ARGV[3] == '1' then
    for lane = lanes, 1, -1 do
        if redis.call('LLEN', KEYS[2 + (lane - 1) * 3]) > 0 then
            wanted = wanted - 1 + take(lane, 1)
            break
        end
    end
end
for lane = 1, lanes do
    if wanted <= 0 then break end
    wanted = take(lane, wanted)
end
return taken
