import { Script } from './script.js'
import { INFO_FIELDS, RECORD_FIELDS } from './session-hash.js'

/*
 * A session is a hash at one key. Each script has that one key (or that of an owner's index), so that it runs on a
 * cluster, and runs as a whole or not at all: when Redis is full, it refuses the first thing that a script writes, or
 * nothing. What needs no more room than there is begins with something that it takes (an expiry, a removal), or is begun
 * anew with that, so that a session that is there can still be used and ended. They run on the master even where a client
 * reads from replicas.
 *
 * What a script gives to `reply` comes behind the number of the call (script.ts), and its own arguments begin at ARGV[3].
 * Texts that may be anything are marked with a `=` on the way (reply.ts), and stored without it.
 */

/**
 * Ends a script with READONLY on a server that is no master any more: the client may still be connected to it after a
 * failover, and what it has is old. Nothing has the field, so that a master changes nothing. Other reasons to refuse a
 * write (a full disk, too few replicas) are none to refuse a read.
 */
const onMaster = (key: string): string => `
local probe = redis.pcall('HDEL', ${key}, '-fetch-sessions-')
if type(probe) == 'table' and probe.err and string.find(probe.err, 'READONLY', 1, true) then return probe end
`

const ON_MASTER = onMaster('KEYS[1]')

/** The reply of a script that could have written and did not. One that has written was on a master. */
const NOTHING = `
local function nothing(...)
${ON_MASTER}
return reply(...)
end
`

/** The fields of a session's hash, each marked or nil. They are in the script, and so not sent with each call. */
const read = (fields: readonly string[]): Script =>
  new Script(`${ON_MASTER}
local values = redis.call('HMGET', KEYS[1], '${fields.join("', '")}')
for i = 1, ${fields.length} do
  if values[i] then values[i] = '=' .. values[i] end
end
return reply(unpack(values))`)

export const READ_RECORD: Script = read(RECORD_FIELDS)

export const READ_INFO: Script = read(INFO_FIELDS)

/**
 * What CREATE and UPDATE begin with: the record in ARGV. In a new hash there is no field to delete. `write` returns what
 * Redis says where it refuses. PEXPIRE deletes the key if its time is over, and has to be called as well.
 */
const WRITE = `${NOTHING}
local version, data, createdAt, expiresAt = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local owner, meta, indexedUntil, lifetime = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local function put(field, text, isNew)
  if text ~= '' then
    redis.call('HSET', KEYS[1], field, string.sub(text, 2))
  elseif not isNew then
    redis.call('HDEL', KEYS[1], field)
  end
end
local function write(isNew)
  local written =
    redis.pcall('HSET', KEYS[1], 'version', version, 'data', data, 'createdAt', createdAt, 'expiresAt', expiresAt)
  if type(written) == 'table' and written.err then return written end
  put('owner', owner, isNew)
  put('meta', meta, isNew)
  if indexedUntil ~= '' then redis.call('HSET', KEYS[1], 'indexedUntil', indexedUntil) end
end`

/** 1, or 0 if the key exists. */
export const CREATE: Script = new Script(`${WRITE}
if redis.call('EXISTS', KEYS[1]) == 1 then return nothing(0) end
local refusal = write(true)
if refusal then return refusal end
redis.call('PEXPIRE', KEYS[1], lifetime)
return reply(1)`)

/**
 * It needs no more room, unless there is more data, or another owner. The rest is short.
 *
 * 0 if there is another version or none. 2, and nothing written, if the owner's index does not know the session for so
 * long, and the caller did not say either (`indexedUntil`) that it does by now. Else 1. With 1 and 2, how long the index
 * of the owner that the session had knew it at most; with 1, that owner, if the session is not theirs any more.
 */
export const UPDATE: Script = new Script(`${WRITE}
local stored = redis.call('HMGET', KEYS[1], 'version', 'indexedUntil', 'owner')
if stored[1] ~= ARGV[11] then return nothing(0) end
local known = '=' .. (stored[2] or 0)
local before = stored[3] and '=' .. stored[3]
if owner ~= '' and indexedUntil == '' then
  if before ~= owner or tonumber(stored[2] or 0) < tonumber(expiresAt) then return nothing(2, known) end
end
local function isNoLarger()
  return (owner == '' or owner == before) and #data <= #(redis.call('HMGET', KEYS[1], 'data')[1] or '')
end
local refusal = write()
if refusal and string.find(refusal.err, 'OOM', 1, true) and isNoLarger() then
  redis.call('HDEL', KEYS[1], '-fetch-sessions-')
  refusal = write()
end
if refusal then return refusal end
redis.call('PEXPIRE', KEYS[1], lifetime)
return reply(1, known, before ~= owner and before)`)

/**
 * 0 if there is another version or none. 2, and nothing written, where UPDATE would return that. Else 1. With 1 and 2,
 * the session's owner; with 2, how long their index knew it at most.
 */
export const TOUCH: Script = new Script(`${NOTHING}
local expiresAt, lifetime, indexedOwner, indexedUntil = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local stored = redis.call('HMGET', KEYS[1], 'version', 'indexedUntil', 'owner')
if stored[1] ~= ARGV[7] then return nothing(0) end
local owner = stored[3] and '=' .. stored[3]
local isOutgrown = owner and tonumber(stored[2] or 0) < tonumber(expiresAt)
if isOutgrown and owner ~= indexedOwner then return nothing(2, owner, '=' .. (stored[2] or 0)) end
redis.call('PEXPIRE', KEYS[1], lifetime)
if lifetime ~= '0' then
  if isOutgrown then redis.call('HSET', KEYS[1], 'indexedUntil', indexedUntil) end
  redis.call('HSET', KEYS[1], 'expiresAt', expiresAt)
end
return reply(1, owner)`)

/**
 * With an owner in ARGV, only a session of theirs. 0 if there is no session, 2 if it is not theirs. Else 1, and the owner
 * that it had. Something of another type is no session of theirs; without an owner it is an error.
 */
export const DELETE: Script = new Script(`${NOTHING}
local stored = redis.pcall('HMGET', KEYS[1], 'version', 'owner')
if stored.err then
  if ARGV[3] ~= '' and string.find(stored.err, 'WRONGTYPE', 1, true) then return nothing(0) end
  return stored
end
if not stored[1] then return nothing(0) end
local owner = stored[2] and '=' .. stored[2]
if ARGV[3] ~= '' and ARGV[3] ~= owner then return nothing(2) end
redis.call('UNLINK', KEYS[1])
return reply(1, owner)`)

/** Whatever the session is: 1, or 0 if there is none, or something at its key that no store has written. */
export const CLEAR: Script = new Script(`${NOTHING}
local fields = redis.pcall('HMGET', KEYS[1], 'version', 'data', 'createdAt', 'expiresAt')
if fields.err then
  if string.find(fields.err, 'WRONGTYPE', 1, true) then return nothing(0) end
  return fields
end
for i = 1, 4 do
  if not fields[i] then return nothing(0) end
end
redis.call('UNLINK', KEYS[1])
return reply(1)`)

/**
 * Into an owner's index: a session, until when it must be known there at least, until when it is if it has to be written,
 * the time, by which others are dropped, and how long that is from now.
 *
 * A renewal needs less than it would write, and so seldom writes. It goes without a probe: no write depends on it.
 */
export const ENTER: Script = new Script(`${NOTHING}
local id, needed, untilTime, now, lifetime = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local known = redis.call('ZSCORE', KEYS[1], id)
if known and tonumber(known) >= tonumber(needed) then
  if needed == untilTime then return nothing(1) end
  return reply(1)
end
if known then redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now) end
redis.call('ZADD', KEYS[1], untilTime, id)
if not known then redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now) end
if redis.call('PTTL', KEYS[1]) < tonumber(lifetime) then redis.call('PEXPIRE', KEYS[1], lifetime) end
return reply(1)`)

/** The marked sessions of an owner's index, without those whose time is over. */
export const ENTRIES: Script = new Script(`${ON_MASTER}
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[3], '+inf')
for i = 1, #ids do ids[i] = '=' .. ids[i] end
return reply(ids)`)

/** Out of an owner's index: those that it does not know longer than until the first argument. */
export const REMOVE: Script = new Script(`${NOTHING}
local removed = 0
for i = 4, #ARGV do
  local known = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if known and tonumber(known) <= tonumber(ARGV[3]) then removed = removed + redis.call('ZREM', KEYS[1], ARGV[i]) end
end
if removed == 0 then return nothing(1) end
return reply(1)`)

/** Nothing but a reply. */
export const MEET: Script = new Script(`return reply(1)`)

/**
 * A page of SCAN: the cursor of the next one, and marked keys. Without a key: it asks the server that it is sent to. The
 * last argument is what the store's keys begin with on the server: whoever may use them may use that as a key.
 */
export const SCAN: Script = new Script(`${onMaster('ARGV[6]')}
local page = redis.call('SCAN', ARGV[3], 'MATCH', ARGV[4], 'COUNT', ARGV[5])
for i = 1, #page[2] do page[2][i] = '=' .. page[2][i] end
return reply('=' .. page[1], page[2])`)
