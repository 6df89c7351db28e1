import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { signedInRequest, Visitor } from '@fetch-sessions/core/testing'
import { Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { session } from './index.js'

interface Data {
  visits: number
}

function application() {
  const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
  const app = new Hono<{ Bindings: { greeting?: string } }>()
    .use(csrf())
    .use(session(sessions))
    .get('/', async (c) => {
      const session = await c.var.session.write()
      return c.text(`${c.env?.greeting ?? 'Visit'} ${session.update('visits', (n = 0) => n + 1)}`)
    })
    .post('/form', async (c) => c.json(await c.req.parseBody()))
  return { sessions, app }
}

describe('a visitor of the kit for tests visits a Hono app', () => {
  it('by app.fetch, by the app, and by app.request', async () => {
    const { app } = application()
    for (const visitor of [new Visitor(app.fetch), new Visitor(app), new Visitor(app.request)]) {
      await visitor.get('/')
      expect(await (await visitor.get('/')).text()).toBe('Visit 2')
    }
  })

  it('with bindings', async () => {
    const visitor = new Visitor(application().app.fetch, { args: [{ greeting: 'Hello' }] })
    expect(await (await visitor.get('/')).text()).toBe('Hello 1')
  })

  it('with a session from the start, and where forged requests are refused', async () => {
    const { app, sessions } = application()
    const visitor = await new Visitor(app.fetch).signIn(sessions, { visits: 5 })
    expect(await (await visitor.get('/')).text()).toBe('Visit 6')
    expect(await (await app.fetch(await signedInRequest(sessions, '/', { visits: 7 }))).text()).toBe('Visit 8')
    expect(await (await visitor.post('/form', { form: { name: 'ada' } })).json()).toEqual({ name: 'ada' })
    const forged = await visitor.post('/form', { form: { name: 'ada' }, headers: { origin: 'https://evil.example' } })
    expect(forged.status).toBe(403)
  })
})
