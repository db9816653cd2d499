-- A member says goodbye. ARGV: id, tombstone age, channel.
local members, alive, seen, status, dead, epoch = unpack(KEYS)
local id, tombstone = ARGV[1], ARGV[2]
local clock = redis.call('TIME')
redis.call('HDEL', members, id)
redis.call('HDEL', status, id)
redis.call('ZREM', alive, id)
redis.call('ZREM', seen, id)
redis.call('ZADD', dead, clock[1] * 1000 + math.floor(clock[2] / 1000), id)
redis.call('PUBLISH', ARGV[3], redis.call('INCR', epoch))
redis.call('PEXPIRE', dead, tombstone)
redis.call('PEXPIRE', epoch, tombstone)
