import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { Visitor } from '@fetch-sessions/core/testing'
import { AutoRouter } from 'itty-router'
import { expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { type SessionRequest, session } from './index.js'

it('a visitor of the kit for tests visits a router, with what the platform passes', async () => {
  const sessions = new SessionManager<{ visits: number }>({ store: new MemoryStore(), secret })
  const router = AutoRouter({ ...session(sessions) })
  router.get('/', async (request: SessionRequest<{ visits: number }>, env: { greeting: string }) => {
    const session = await request.session.write()
    return new Response(`${env.greeting} ${session.update('visits', (n = 0) => n + 1)}`)
  })
  const visitor = new Visitor(router.fetch, { args: [{ greeting: 'Visit' }] })
  await visitor.get('/')
  expect(await (await visitor.get('/')).text()).toBe('Visit 2')
  expect((await visitor.session(sessions)).get('visits')).toBe(2)
})
