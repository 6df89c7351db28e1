import { movesIn, type SessionHandle, type SessionManager } from '../index.js'
import { OldLibrary } from './old-library.js'
import { type Setting, stagedManager } from './staged-manager.js'
import { visit } from './visit.js'

/** What a visitor's session holds, at the old library as here. */
export interface MovingData {
  user: string
  note: string
  visits: number
}

export interface MovingSetting extends Setting<MovingData> {
  readonly old: OldLibrary
}

export type MovingOptions = Parameters<typeof stagedManager<MovingData>>[0]

/** A manager whose visitors come from another library. */
export function movingManager(options?: MovingOptions, old: OldLibrary = new OldLibrary()): MovingSetting {
  const setting = stagedManager<MovingData>(options)
  setting.sessions.startFrom(movesIn(old))
  return { ...setting, old }
}

export interface VisitorSetting extends MovingSetting {
  /** Of a session at the old library. */
  readonly cookie: string
}

/** The same with default options, and a visitor who has a session there. */
export function movingVisitor(change: (old: OldLibrary) => void = () => {}): VisitorSetting {
  const old = new OldLibrary()
  change(old)
  return { ...movingManager(undefined, old), cookie: old.keep('a1', { user: 'ada', visits: 0 }) }
}

/** What a handler does with its session. */
export type Work = (handle: SessionHandle<MovingData>) => unknown

export const read: Work = (handle) => handle.read()
export const count: Work = async (handle) => (await handle.write()).update('visits', (n = 0) => n + 1)
export const signOut: Work = async (handle) => (await handle.write()).destroy()
export const signIn: Work = async (handle) => void (await handle.write()).set('user', 'admin').regenerate()

/** A request with this cookie, whose handler does this work. */
export function call(
  { sessions }: { sessions: SessionManager<MovingData> },
  cookie: string,
  work: Work,
): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    await work(handle)
    return new Response()
  })
}

/** What a visitor with this cookie sees. */
export async function shown(
  { sessions }: { sessions: SessionManager<MovingData> },
  cookie: string,
): Promise<Partial<MovingData>> {
  return (await sessions.read(cookie)).toJSON()
}
