-- One heartbeat: extends the caller's lease, buries who let theirs run out,
-- answers with all members.
-- ARGV: id, record, ttl, tombstone age, channel, status ('' = as before),
-- most graves to answer with, then id and age of each grave to dig again.
-- Answers: fenced, epoch, ms until a lease ends, members and records, dead and ages.
local members, alive, seen, status, dead, epoch = unpack(KEYS)
local id, record, ttl, tombstone, channel, note = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], ARGV[6]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local changed = false

local function bury(who, at)
  redis.call('HDEL', members, who)
  redis.call('HDEL', status, who)
  redis.call('ZREM', alive, who)
  redis.call('ZREM', seen, who)
  redis.call('ZADD', dead, at, who)
  changed = true
end

for i = 8, #ARGV, 2 do
  if not redis.call('ZSCORE', dead, ARGV[i]) then
    bury(ARGV[i], now - ARGV[i + 1])
  end
end

-- Nobody could beat for a while, or the clock was put back: leases say nothing.
local last = tonumber(redis.call('ZREVRANGE', seen, 0, 0, 'WITHSCORES')[2])
if last and (now - last > ttl / 2 or last - now > ttl) then
  for _, who in ipairs(redis.call('ZRANGE', alive, 0, -1)) do
    redis.call('ZADD', alive, now + ttl, who)
    local at = tonumber(redis.call('ZSCORE', seen, who) or 0)
    if at > now then
      redis.call('ZADD', seen, now, who)
    end
  end
end

local fenced = redis.call('ZSCORE', dead, id)
if not fenced then
  local before = redis.call('HGET', members, id)
  if not before then
    -- The port can be bound once only: whoever had the address is gone.
    local address = cjson.decode(record).address
    local all = redis.call('HGETALL', members)
    for i = 1, #all, 2 do
      local ok, other = pcall(cjson.decode, all[i + 1])
      if ok and other.address == address then
        bury(all[i], now)
      end
    end
  end
  if before ~= record then
    redis.call('HSET', members, id, record)
    changed = true
  end
  if note ~= '' then
    redis.call('HSET', status, id, note)
  end
  redis.call('ZADD', alive, now + ttl, id)
  redis.call('ZADD', seen, now, id)
end

for _, who in ipairs(redis.call('ZRANGEBYSCORE', alive, '-inf', now)) do
  bury(who, now)
end
redis.call('ZREMRANGEBYSCORE', dead, '-inf', now - tombstone)

local all = redis.call('HGETALL', members)
for i = 1, #all, 2 do
  if not redis.call('ZSCORE', alive, all[i]) then -- its lease was evicted
    redis.call('ZADD', alive, now + ttl, all[i])
  end
end

if changed then
  redis.call('PUBLISH', channel, redis.call('INCR', epoch))
end
for i = 1, 4 do
  redis.call('PEXPIRE', KEYS[i], 10 * ttl)
end
redis.call('PEXPIRE', dead, tombstone)
redis.call('PEXPIRE', epoch, tombstone)

local graves = redis.call('ZREVRANGE', dead, 0, ARGV[7] - 1, 'WITHSCORES')
for i = 2, #graves, 2 do
  graves[i] = now - graves[i]
end
local ends = tonumber(redis.call('ZRANGE', alive, 0, 0, 'WITHSCORES')[2] or now + ttl)
return {fenced and 1 or 0, tonumber(redis.call('GET', epoch) or 0), ends - now, all, graves}
