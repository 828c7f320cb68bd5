-- The circuit of one provider, on Redis's clock; all times in milliseconds.
-- KEYS[1] hash: failures, trips, kind (failing|credentials), reason, opened_at, closed_until, probe_until
-- KEYS[2] set of the names of circuits that are not at rest
-- ARGV[1] what happened: ask | insist (somebody else has kept the rest) | failed | refused | succeeded
-- ARGV[2] the circuit's name   ARGV[3] reason, for failed and refused
-- ARGV[4] failures in a row that open it   ARGV[5] first rest   ARGV[6] longest rest   ARGV[7] time a probe has
-- Returns {state, wait, reason, kind, opened_at}; state is closed, watched (failures since the last success), open or probe.
local key, what = KEYS[1], ARGV[1]
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)

local function field(name)
  return tonumber(redis.call('HGET', key, name) or '0')
end

if what == 'succeeded' then
  redis.call('DEL', key)
  redis.call('SREM', KEYS[2], ARGV[2])
  return {'closed', 0, '', '', ''}
end

if what == 'refused' then
  if redis.call('HGET', key, 'kind') ~= 'credentials' then
    redis.call('HSET', key, 'kind', 'credentials', 'opened_at', now)
  end
  redis.call('HSET', key, 'reason', ARGV[3])
  redis.call('PERSIST', key)
  redis.call('SADD', KEYS[2], ARGV[2])
  return {'open', -1, ARGV[3], 'credentials', redis.call('HGET', key, 'opened_at')}
end

if what == 'failed' then
  local failures = redis.call('HINCRBY', key, 'failures', 1)
  redis.call('HSET', key, 'reason', ARGV[3])
  redis.call('HDEL', key, 'probe_until')
  if failures >= tonumber(ARGV[4]) and now >= field('closed_until') then
    local trips = redis.call('HINCRBY', key, 'trips', 1)
    local rest = math.min(tonumber(ARGV[5]) * 2 ^ (trips - 1), tonumber(ARGV[6]))
    redis.call('HSET', key, 'kind', 'failing', 'closed_until', string.format('%.0f', now + rest))
    redis.call('HSETNX', key, 'opened_at', now)
  end
  redis.call('SADD', KEYS[2], ARGV[2])
  -- Failures that nobody followed up are forgotten after a day.
  redis.call('PEXPIRE', key, 86400000)
end

local kind = redis.call('HGET', key, 'kind')
local reason = redis.call('HGET', key, 'reason') or ''
if not kind then
  return {field('failures') > 0 and 'watched' or 'closed', 0, reason, '', ''}
end
local opened_at = redis.call('HGET', key, 'opened_at') or ''
if kind == 'credentials' then
  return {'open', -1, reason, kind, opened_at}
end
local rest = what == 'insist' and 0 or field('closed_until')
local wait = math.max(rest, field('probe_until')) - now
if wait > 0 then
  return {'open', wait, reason, kind, opened_at}
end
if what == 'ask' or what == 'insist' then
  redis.call('HSET', key, 'probe_until', string.format('%.0f', now + tonumber(ARGV[7])))
end
return {'probe', 0, reason, kind, opened_at}
