import { describe, expect, it } from 'vitest'
import { SessionManager } from '../index.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

describe('a property that is undefined', () => {
  it('is no change where there was none', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager({ store, secret })
    const { cookie } = await sessions.issue({ user: { name: 'ada' } })
    store.forget()
    await writing(sessions, cookie, (session) => session.set('user', { name: 'ada', nick: undefined }))
    expect(store.methods).toEqual(['load'])
  })

  it('is stored once, so that the commit after a save() leaves alone what others wrote', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager({ store, secret })
    const { cookie, id } = await sessions.issue({ user: { name: 'ada' } })
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('user', { name: 'grace', nick: undefined })
      await handle.save()
      await writing(sessions, cookie, (session) => session.set('user', { name: 'joan' }))
      return new Response()
    })
    expect(store.memory.load(id)?.data).toBe('{"user":{"name":"joan"}}')
  })
})
