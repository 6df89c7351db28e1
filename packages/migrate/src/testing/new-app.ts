import {
  MemoryStore,
  type SessionEvent,
  type SessionHandle,
  SessionManager,
  type SessionOptions,
  type SessionStore,
} from '@fetch-sessions/core'
import { type Brought, type MovingInOptions, movingIn } from '../moving-in.js'
import type { OldLibrary } from '../old-library.js'
import { Jar } from './jar.js'

export interface NewData {
  user: string
  cart: string[]
  visits: number
}

/** What the tests put into an old session. */
export const oldData: { user: string; cart: string[] } = { user: 'ada', cart: ['tea', 'Grüße', '茶 ☕'] }

export interface NewAppOptions extends MovingInOptions {
  store?: SessionStore
  manager?: Partial<SessionOptions<NewData>>
}

/** The application as it is now. */
export class NewApp {
  readonly sessions: SessionManager<NewData>
  readonly events: SessionEvent[] = []

  constructor(from: readonly OldLibrary<Brought<NewData>>[], options: NewAppOptions = {}) {
    const { store = new MemoryStore(), manager = {}, ...moving } = options
    const all = {
      store,
      secret: 'a secret of the new library, long enough',
      onEvent: (event: SessionEvent) => this.events.push(event),
      ...manager,
    } as SessionOptions<NewData>
    this.sessions = movingIn(new SessionManager<NewData>(all), from, moving)
  }

  /** One request of this browser. Returns what its session holds. */
  async visit(
    jar: Jar,
    work: (handle: SessionHandle<NewData>) => unknown = () => {},
    header: string = jar.header,
  ): Promise<unknown> {
    let shown: unknown
    const request = new Request('https://example.com/app', { headers: { cookie: header } })
    const response = await this.sessions.handle(request, async (handle) => {
      const session = await handle.read()
      shown = session.toJSON()
      await work(handle)
      return new Response()
    })
    jar.take(response.headers.getSetCookie())
    return shown
  }

  /** What a visitor sees who comes with these cookies alone. */
  see(header: string): Promise<unknown> {
    return this.visit(new Jar(), () => {}, header)
  }

  /** The reasons why old cookies were not taken, since the last time. */
  rejections(): string[] {
    const events = this.events.splice(0)
    return events.flatMap((event) => (event.type === 'rejected' && event.from !== undefined ? [event.reason] : []))
  }

  async count(): Promise<number> {
    return (await this.sessions.list()).sessions.length
  }
}

export async function signOut(handle: SessionHandle<NewData>): Promise<void> {
  const session = await handle.write()
  session.destroy()
}

export async function countVisit(handle: SessionHandle<NewData>): Promise<void> {
  const session = await handle.write()
  session.update('visits', (visits = 0) => visits + 1)
}
