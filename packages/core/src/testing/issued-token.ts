import { type IssuedSession, type Secret, type SessionEvent, SessionManager } from '../index.js'
import { secret } from './secret.js'
import { StagedStore } from './staged-store.js'
import { visit } from './visit.js'

/** What the session cookie is called, unless a test says otherwise. */
export const name = '__Host-sid'

/** The letters of base64url, in the order of their values. */
export const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

interface Data {
  user: string
}

/** A session that was issued, and the two parts of its cookie's value. */
export interface IssuedToken extends IssuedSession {
  readonly store: StagedStore
  readonly sessions: SessionManager<Data>
  readonly events: SessionEvent[]
  readonly token: string
  readonly mac: string
  /** What a client with this cookie value gets to see. */
  userOf(value: string): Promise<string | undefined>
}

/** A store that notes its calls, a session in it, and its cookie. */
export async function issuedToken(options: { secret?: Secret; cookie?: { name: string } } = {}): Promise<IssuedToken> {
  const store = new StagedStore()
  const events: SessionEvent[] = []
  const sessions = new SessionManager<Data>({ store, secret, onEvent: (event) => events.push(event), ...options })
  const issued = await sessions.issue({ user: 'ada' })
  store.forget()
  events.length = 0
  const [token = '', mac = ''] = issued.cookie.slice(issued.cookie.indexOf('=') + 1).split('.')
  const userOf = async (value: string): Promise<string | undefined> =>
    (await sessions.read(visit(`${name}=${value}`))).get('user')
  return { store, sessions, events, ...issued, token, mac, userOf }
}

/** The other characters that decode to the same bytes, at the end of 43 characters: the last two bits are thrown away. */
export function siblings(last: string): string[] {
  const group = alphabet.indexOf(last) & ~3
  return [...alphabet.slice(group, group + 4)].filter((char) => char !== last)
}
