import { MemoryStore, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { newProfile, visitAndClose } from './browser.js'
import { secret } from './secret.js'
import { type App, startSite } from './site.js'

interface Visitor {
  name: string
}

/** Signs in at /sign-in?remember=..., where the parameter says what to set; shows who is signed in everywhere else. */
function rememberingApp(persistent: boolean): App {
  const app = new Hono().use(session<Visitor>({ store: new MemoryStore(), secret, cookie: { persistent } }))
  return app
    .get('/sign-in', async (c) => {
      const session = await c.var.session.write()
      session.set('name', 'Ada')
      const remember = c.req.query('remember')
      if (remember !== undefined) session.setLifetime({ persistent: remember === 'true' })
      return c.text('signed in')
    })
    .get('/regenerate', async (c) => {
      ;(await c.var.session.write()).regenerate()
      return c.text('regenerated')
    })
    .get('/', async (c) => c.text((await c.var.session.read()).get('name') ?? 'nobody'))
}

it.each([
  ['persistent, the default', true, '/sign-in', 'Ada'],
  ['not persistent', false, '/sign-in', 'nobody'],
  ['persistent, but for setLifetime({ persistent: false })', true, '/sign-in?remember=false', 'nobody'],
  ['not persistent, but for setLifetime({ persistent: true })', false, '/sign-in?remember=true', 'Ada'],
])(
  'a cookie that is %s (cookie.persistent: %s, %s) makes the browser start again as %s',
  async (_what, persistent, path, name) => {
    const site = await startSite(rememberingApp(persistent))
    // That the browser kept its profile is shown by a second site, whose cookie is always persistent.
    const control = await startSite(rememberingApp(true))
    const profile = await newProfile()
    // A new id does not change how long the browser keeps the cookie.
    const urls = [
      site('shop.test', path),
      site('shop.test'),
      control('control.test', '/sign-in'),
      site('shop.test', '/regenerate'),
    ]
    expect(await visitAndClose(profile, urls)).toEqual(['signed in', 'Ada', 'signed in', 'regenerated'])
    expect(await visitAndClose(profile, [site('shop.test'), control('control.test')])).toEqual([name, 'Ada'])
  },
)
