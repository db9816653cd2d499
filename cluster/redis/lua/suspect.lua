-- Nobody listens at a member's address: unless it beats, its lease ends soon.
-- ARGV: id, ms it still has. Answers whether that was less than it had.
local alive = KEYS[2]
local clock = redis.call('TIME')
local ends = clock[1] * 1000 + math.floor(clock[2] / 1000) + ARGV[2]
local lease = redis.call('ZSCORE', alive, ARGV[1])
if lease and tonumber(lease) > ends then
  redis.call('ZADD', alive, ends, ARGV[1])
  return 1
end
return 0
