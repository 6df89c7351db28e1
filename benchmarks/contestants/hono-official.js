import { useSession, useSessionStorage } from '@hono/session'
import { Hono } from 'hono'
import { newData, SECRET, slowed } from './visit.js'

export function honoOfficial({ size, delay } = {}) {
  const calls = { count: 0 }
  const sessions = new Map()
  const inMemory = {
    get: (sid) => sessions.get(sid) ?? null,
    set: (sid, value) => void sessions.set(sid, value),
    delete: (sid) => void sessions.delete(sid),
  }
  const storage = slowed(inMemory, ['get', 'set', 'delete'], { delay, calls })
  const secret = Buffer.from(SECRET).subarray(0, 32).toString('hex')
  const { fetch } = new Hono()
    .use(useSessionStorage(storage))
    .use(useSession({ secret, duration: { absolute: 2_592_000, inactivity: 86_400 } }))
    .get('/plain', (c) => c.text('plain'))
    .get('/read', async (c) => c.text(String((await c.var.session.get())?.count ?? 0)))
    .get('/write', async (c) => {
      await c.var.session.update((data) => {
        const before = data ?? newData(size)
        return { ...before, count: before.count + 1 }
      })
      return c.text(String(c.var.session.data.count))
    })
  return { fetch, calls }
}
