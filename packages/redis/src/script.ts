import type { RedisDriver } from './driver.js'

/** A Lua script, sent once to each server and then called by its hash. */
export class Script {
  readonly #source: string
  #sha1: Promise<string> | undefined

  constructor(source: string) {
    this.#source = source
  }

  /** One round trip; two where the server does not know the script yet, or has forgotten it in a restart. */
  async run(driver: RedisDriver, key: string, args: string[]): Promise<unknown> {
    this.#sha1 ??= sha1Of(this.#source)
    try {
      return await driver.evalsha(await this.#sha1, key, args).catch((error: unknown) => {
        if (!isUnknownScript(error)) throw error
        return driver.eval(this.#source, key, args)
      })
    } catch (error) {
      throw withoutArguments(error)
    }
  }
}

/** Upstash's client says "Command failed: " first where it sends several commands at once. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && /^(Command failed: )?NOSCRIPT/.test(error.message)
}

/** Some clients show the failed command in their errors, with a session's data in it, which is nothing for a log. */
function withoutArguments(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const command = Reflect.get(error, 'command') as { args?: unknown } | undefined
  if (command?.args !== undefined) command.args = [] // ioredis
  const shown = error.message.indexOf(', command was: ') // Upstash
  if (shown < 0) return error
  return Object.assign(new Error(error.message.slice(0, shown)), { name: error.name })
}

async function sha1Of(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
