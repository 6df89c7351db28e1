import { Script } from './script.js'

/*
 * A session is a hash at one key. Each script has that one key (or that of an owner's index), so that it runs on a
 * cluster, and runs as a whole or not at all: the first thing that it writes is what Redis refuses when it is full.
 * They run on the master even where a client reads from replicas.
 *
 * Texts that may be anything are marked with a `=` on the way (reply.ts), and stored without it.
 */

/** The fields that ARGV names, each marked or nil. */
export const READ: Script = new Script(`
local values = redis.call('HMGET', KEYS[1], unpack(ARGV))
for i = 1, #ARGV do
  if values[i] then values[i] = '=' .. values[i] end
end
return values`)

/** What CREATE and UPDATE begin with: the record in ARGV. PEXPIRE deletes the key if its time is over. */
const WRITE = `
local version, data, createdAt, expiresAt = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local owner, meta, indexedUntil, lifetime = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local function put(field, text)
  if text == '' then
    redis.call('HDEL', KEYS[1], field)
  else
    redis.call('HSET', KEYS[1], field, string.sub(text, 2))
  end
end
local function write()
  redis.call('HSET', KEYS[1], 'version', version, 'data', data, 'createdAt', createdAt, 'expiresAt', expiresAt)
  put('owner', owner)
  put('meta', meta)
  put('indexedUntil', indexedUntil)
  redis.call('PEXPIRE', KEYS[1], lifetime)
  return 1
end`

/** 1, or 0 if the key exists. */
export const CREATE: Script = new Script(`${WRITE}
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
return write()`)

/**
 * 1, or 0 if there is another version or none. 2, and nothing written, if the owner's index does not know the session
 * for so long, and the caller did not say either (`indexedUntil`) that it does by now.
 */
export const UPDATE: Script = new Script(`${WRITE}
local stored = redis.call('HMGET', KEYS[1], 'version', 'owner', 'indexedUntil')
if stored[1] ~= ARGV[9] then return 0 end
if owner ~= '' and indexedUntil == '' then
  if not (stored[2] and '=' .. stored[2] == owner) then return 2 end
  if tonumber(stored[3] or 0) < tonumber(expiresAt) then return 2 end
  indexedUntil = '=' .. stored[3]
end
return write()`)

/** 1, or 0 if there is no session. Its marked owner, and nothing written, where UPDATE would return 2. */
export const TOUCH: Script = new Script(`
local expiresAt, lifetime, indexedOwner, indexedUntil = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local stored = redis.call('HMGET', KEYS[1], 'version', 'owner', 'indexedUntil')
if not stored[1] then return 0 end
if stored[2] and tonumber(stored[3] or 0) < tonumber(expiresAt) then
  if '=' .. stored[2] ~= indexedOwner then return '=' .. stored[2] end
  redis.call('HSET', KEYS[1], 'indexedUntil', indexedUntil)
end
redis.call('HSET', KEYS[1], 'expiresAt', expiresAt)
redis.call('PEXPIRE', KEYS[1], lifetime)
return 1`)

/** With an owner in ARGV, only a session of theirs. 0 if there is no session, 2 if it is not theirs, else its marked owner or 1. */
export const DELETE: Script = new Script(`
local stored = redis.call('HMGET', KEYS[1], 'version', 'owner')
if not stored[1] then return 0 end
local owner = stored[2] and '=' .. stored[2]
if ARGV[1] ~= '' and ARGV[1] ~= owner then return 2 end
redis.call('UNLINK', KEYS[1])
return owner or 1`)

export const UNLINK: Script = new Script(`return redis.call('UNLINK', KEYS[1])`)

/** Into an owner's index: a session, how long to keep it at least, and the time, by which others are dropped. */
export const ENTER: Script = new Script(`
local id, untilTime, now = ARGV[1], ARGV[2], ARGV[3]
local known = redis.call('ZSCORE', KEYS[1], id)
if not known or tonumber(known) < tonumber(untilTime) then redis.call('ZADD', KEYS[1], untilTime, id) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local lifetime = tonumber(untilTime) - tonumber(now)
if redis.call('PTTL', KEYS[1]) < lifetime then redis.call('PEXPIRE', KEYS[1], lifetime) end
return 1`)

/** The marked sessions of an owner's index, without those whose time is over. */
export const ENTRIES: Script = new Script(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
local ids = redis.call('ZRANGE', KEYS[1], 0, -1)
for i = 1, #ids do ids[i] = '=' .. ids[i] end
return ids`)

/** Out of an owner's index. */
export const REMOVE: Script = new Script(`
for _, id in ipairs(ARGV) do redis.call('ZREM', KEYS[1], id) end
return 1`)
