import type { RedisDriver } from './driver.js'
import { markedText, type Reply, unexpected } from './reply.js'

/**
 * What each script begins with. Clients have been seen to give a call the reply to another one, which would be another
 * visitor's session. So each call has a number, and each reply begins with it and with the name of what it is about.
 * The name is the end of the key: a call that comes with the key of another one does nothing.
 */
const CALL = `
local name, call = ARGV[1], ARGV[2]
if KEYS[1] and string.sub(KEYS[1], #KEYS[1] - #name + 1) ~= name then
  return redis.error_reply('ERR the client sent this call with the key of another one')
end
local function reply(...) return { '=' .. call .. ' ' .. name, ... } end
`

/** What the numbers of this process begin with, made at the first call: some platforms have no random bytes before. */
let processName: string | undefined
let calls = 0

/** How many replies in a row were those to other calls. So many mean that the connection will give no right one any more. */
const wrongReplies = new WeakMap<RedisDriver, number>()
const TOO_MANY_WRONG = 10

/** A Lua script, sent once to each server and then called by its hash. */
export class Script {
  readonly #source: string
  #sha1: string | undefined

  constructor(body: string) {
    this.#source = CALL + body
  }

  /**
   * What the script gave to `reply`. One round trip; two where the server does not know the script yet, or has forgotten
   * it in a restart.
   *
   * @param key nothing where no key is to decide which server it runs on
   * @param name the end of the key, from which it can be told from each other key of the store
   */
  async run(driver: RedisDriver, key: string | undefined, name: string, args: readonly string[]): Promise<Reply[]> {
    processName ??= crypto.randomUUID().slice(0, 8)
    const call = `${processName}-${++calls}`
    const keys = key === undefined ? [] : [key]
    let reply: Reply
    try {
      reply = await this.#send(driver, keys, [name, call, ...args])
    } catch (error) {
      if (isOfReplica(error)) driver.reconnect?.()
      throw withoutArguments(error)
    }
    const first = Array.isArray(reply) ? markedText(reply[0]) : undefined
    if (first === `${call} ${name}`) {
      wrongReplies.delete(driver)
      return (reply as Reply[]).slice(1)
    }
    leaveIfWrong(driver)
    throw first === undefined ? unexpected() : ofAnotherCall()
  }

  async #send(driver: RedisDriver, keys: string[], args: string[]): Promise<Reply> {
    this.#sha1 ??= await sha1Of(this.#source)
    try {
      return await driver.evalsha(this.#sha1, keys, args)
    } catch (error) {
      if (!isUnknownScript(error)) throw error
      return driver.eval(this.#source, keys, args)
    }
  }
}

function leaveIfWrong(driver: RedisDriver): void {
  const count = (wrongReplies.get(driver) ?? 0) + 1
  wrongReplies.set(driver, count % TOO_MANY_WRONG)
  if (count === TOO_MANY_WRONG) driver.reconnect?.()
}

/** By its brand: where tests run in a realm of their own, as in Jest, an error may be of another one's class. */
export function isError(value: unknown): value is Error {
  return Object.prototype.toString.call(value) === '[object Error]'
}

/** Upstash's client says "Command failed: " first where it sends several commands at once. */
function isUnknownScript(error: unknown): boolean {
  return isError(error) && /^(Command failed: )?NOSCRIPT/.test(error.message)
}

/** Whether a server said so that was the master once, or that has lost its master. Redis 6 puts words before it. */
function isOfReplica(error: unknown): boolean {
  return isError(error) && /\b(READONLY|MASTERDOWN)\b/.test(error.message)
}

function ofAnotherCall(): Error {
  return new Error(
    'The Redis client gave this call the reply to another one, so it was not believed; a write may have been carried ' +
      'out. Give the store a client of its own, of its newest version',
  )
}

/** What comes before arguments in an error's message: of Upstash's client, and of a server that lacks the command. */
const BEFORE_ARGUMENTS = /, (?:command was|with args beginning with): /

/** Some errors show the failed command, with a session's data or owner in it, which is nothing for a log. */
function withoutArguments(error: unknown): unknown {
  if (!isError(error)) return error
  const command = Reflect.get(error, 'command') as { args?: unknown } | undefined
  if (command?.args !== undefined) command.args = [] // ioredis
  const shown = error.message.search(BEFORE_ARGUMENTS)
  if (shown < 0) return error
  return Object.assign(new Error(error.message.slice(0, shown)), { name: error.name })
}

async function sha1Of(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
