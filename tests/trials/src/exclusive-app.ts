import { mkdirSync } from 'node:fs'
import { SessionLockedError, SessionManager, SessionStoreError, withSession } from '@fetch-sessions/fetch'
import { type App, SECRET, type Setting } from './apps.js'
import { enterRoom, roomsOf } from './room.js'

/** What is told of work that was done. */
export interface Done {
  id: string
  /** How much work of this session was done, with this. */
  works: number
  notes: number
  /** From the request to the work, in milliseconds. */
  waited: number
  /** The holder before, if that has died at its work. */
  died: number | undefined
}

interface Data {
  works: number
  notes: number
}

/**
 * An application that works at a session alone: it reads, waits, and writes. Beside that it takes notes, without waiting
 * for anyone.
 */
export function exclusiveApp({ store, place, onEvent }: Setting): App {
  const sessions = new SessionManager<Data>({
    store,
    secret: SECRET,
    cookie: { secure: false },
    // Longer than a busy machine keeps a process waiting: what is tried here is a process or an engine that dies.
    storeTimeout: 8,
    onEvent,
  })
  const rooms = roomsOf(place.name)
  mkdirSync(rooms, { recursive: true })
  return withSession(async (request, handle) => {
    const { pathname, searchParams } = new URL(request.url)
    const number = (name: string) => Number(searchParams.get(name))
    if (pathname === '/work') {
      const [ms, wait, hold] = [number('ms'), number('wait'), number('hold')]
      const asked = performance.now()
      try {
        const done = await handle.exclusive<Done>(
          async (session) => {
            const waited = performance.now() - asked
            const room = enterRoom(rooms, session.id, hold)
            try {
              const works = (session.get('works') ?? 0) + 1
              await new Promise((resolve) => setTimeout(resolve, ms))
              session.set('works', works)
              return { id: session.id, works, notes: session.get('notes') ?? 0, waited, died: room.died }
            } finally {
              room.leave()
            }
          },
          { wait, hold },
        )
        return Response.json(done)
      } catch (error) {
        if (!(error instanceof SessionLockedError)) {
          // The answer says nothing of it, and an engine that was killed is no news.
          const isNews = !(error instanceof SessionStoreError) || String(error.cause).includes('no answer')
          if (isNews) console.error(place.name, error)
          throw error
        }
        return new Response(error.message, { status: 423 })
      }
    }
    const session = await handle.write()
    session.update('notes', (notes = 0) => notes + 1)
    await handle.save()
    const works = session.get('works') ?? 0
    return Response.json({ id: session.id, works, notes: session.get('notes') ?? 0, waited: 0, died: undefined })
  }, sessions)
}
