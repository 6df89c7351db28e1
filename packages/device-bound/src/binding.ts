import type { SessionHandle, SessionManager, WritableSession } from '@fetch-sessions/core'
import { isSessionError } from '@fetch-sessions/core'
import { randomText } from './base64url.js'
import type { BoundListener } from './events.js'
import { cookieValues, textOf } from './header.js'
import type { Setting } from './options.js'
import type { Tokens } from './tokens.js'

/** What the session notes of its device, under the key `deviceBound`. */
export interface DeviceBinding {
  /** Random, new with each sign-in. */
  readonly id: string
  /** When the sign-in was, in milliseconds since the epoch. */
  readonly at: number
  /** The fingerprint of the device's key, once a request has come with proof. From then on proof is needed. */
  readonly key?: string
  /** With `singleUse`: when the last challenge was made that was answered. */
  readonly used?: number
}

/** What a session's data has besides the application's own. For a schema, which would drop it. */
export interface DeviceBoundData {
  deviceBound?: DeviceBinding
}

/**
 * How a request stands to its session's device. `proven`: it came from there, minutes ago at most. `unbound`: nothing has
 * been proven, and nothing has to be. `missing`: proof is needed, and was not there: nobody is signed in.
 */
export type BoundState = 'proven' | 'unbound' | 'missing'

/** What became of the answer to a challenge. `last`: when the last one was made that was answered. */
export interface Use {
  readonly is: 'first' | 'used' | 'session' | 'store'
  readonly last: number
}

const KEY = 'deviceBound'

/** How long a browser has for its first proof, where proof is required. In milliseconds. */
const FIRST_PROOF = 60_000
/** How many cookies of the name are looked at. */
const MOST_COOKIES = 4

/** What the sessions know of their devices. */
export class Bindings {
  readonly #sessions: SessionManager<DeviceBoundData>
  readonly #setting: Setting
  readonly #tokens: Tokens
  readonly #emit: BoundListener

  constructor(sessions: SessionManager<DeviceBoundData>, setting: Setting, tokens: Tokens, emit: BoundListener) {
    this.#sessions = sessions
    this.#setting = setting
    this.#tokens = tokens
    this.#emit = emit
  }

  /** Begins a binding, which takes the place of the one before. */
  begin(session: WritableSession<DeviceBoundData>): DeviceBinding {
    const binding = { id: randomText(), at: this.#setting.now() }
    session.set(KEY, binding)
    return binding
  }

  /** @throws TypeError if there is none after it was stored */
  async check(handle: SessionHandle<DeviceBoundData>): Promise<void> {
    if (isBinding((await handle.read()).get(KEY))) return
    throw new TypeError(
      `fetch-sessions: the schema of the sessions drops the key "${KEY}", in which a session notes its device: let it pass, as in z.object({ ${KEY}: z.unknown().optional() })`,
    )
  }

  async state(handle: SessionHandle<DeviceBoundData>, headers: Headers): Promise<BoundState> {
    const session = await handle.read()
    const { policy, now } = this.#setting
    const stored = session.get(KEY)
    const binding = isBinding(stored) ? stored : undefined
    const cookies = headers.get('cookie')
    if (binding === undefined && !session.isNew) await this.#tellUnknown(cookies, session.id)
    const key = binding && (await this.#keyIn(cookies, binding))
    if (binding !== undefined && key !== undefined) {
      if (binding.key === undefined) await this.#noteFirst(handle, binding.id, key, session.id)
      return 'proven'
    }
    const isNeeded =
      binding === undefined
        ? policy === 'required' && !session.isNew
        : binding.key !== undefined || (policy === 'required' && now() > binding.at + FIRST_PROOF)
    if (!isNeeded) return 'unbound'
    const skipped = textOf(headers.get('secure-session-skipped'))?.slice(0, 40)
    this.#emit({ type: 'missing', binding: binding?.id, id: session.id, ...(skipped !== undefined && { skipped }) })
    return 'missing'
  }

  /** Whether the session may still be waiting for its first proof: the browser is making its key. */
  async isStarting(handle: SessionHandle<DeviceBoundData>, milliseconds: number): Promise<boolean> {
    const binding = (await handle.read()).get(KEY)
    if (!isBinding(binding) || binding.key !== undefined) return false
    return this.#setting.now() <= binding.at + milliseconds
  }

  /**
   * With `singleUse`: notes that a challenge of this time was answered. `session`: there is no session of this binding
   * with the request. `store`: nothing could be noted.
   */
  async use(headers: Headers, id: string, made: number): Promise<Use> {
    let use: Use = { is: 'session', last: made }
    const note = (binding: DeviceBinding | undefined): DeviceBinding | undefined => {
      use = { is: 'session', last: made }
      if (!isOf(binding, id)) return binding
      const { used = 0 } = binding
      use = { is: made > used ? 'first' : 'used', last: Math.max(made, used) }
      return { ...binding, used: use.last }
    }
    const handle = this.#sessions.open(headers)
    try {
      // Nothing is to begin where there is nothing.
      if (isOf((await handle.read()).get(KEY), id)) await handle.save((session) => void session.update(KEY, note))
      return use
    } catch (error) {
      if (!isSessionError(error)) throw error
      return { is: isGone(error) ? 'session' : 'store', last: made }
    }
  }

  /** The key whose proof came along, if it did. */
  async #keyIn(cookies: string | null, { id, key }: DeviceBinding): Promise<string | undefined> {
    const values = cookieValues(cookies, this.#setting.cookie.name).filter((value) => value.startsWith(`${id}.`))
    for (const value of values.slice(0, MOST_COOKIES)) {
      const proof = await this.#tokens.openCookie(value)
      if (proof !== undefined && (key === undefined || proof.key === key)) return proof.key
    }
    return undefined
  }

  /** Stored with what else the request changes. Of two first proofs, by different keys, the one that is stored counts. */
  async #noteFirst(handle: SessionHandle<DeviceBoundData>, binding: string, key: string, id: string): Promise<void> {
    try {
      const session = await handle.write()
      session.update(KEY, (stored) => (isOf(stored, binding) ? { key, ...stored } : stored))
    } catch (error) {
      // Too late for this request, so the next one notes it.
      if (!isGone(error)) throw error
      return
    }
    this.#emit({ type: 'proven', binding, id })
  }

  async #tellUnknown(cookies: string | null, id: string): Promise<void> {
    const [value] = cookieValues(cookies, this.#setting.cookie.name)
    const proof = value === undefined ? undefined : await this.#tokens.openCookie(value)
    if (proof !== undefined) this.#emit({ type: 'unknown', binding: proof.binding, id })
  }
}

function isBinding(value: unknown): value is DeviceBinding {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
}

function isOf(value: unknown, id: string): value is DeviceBinding {
  return isBinding(value) && value.id === id
}

/** Whether a session can't be changed any more. */
function isGone(error: unknown): boolean {
  return isSessionError(error) && /^ERR_SESSION_(COMMITTED|DESTROYED)$/.test(error.code)
}
