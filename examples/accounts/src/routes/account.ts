import { Hono } from 'hono'
import { formOf } from '../forms.js'
import { guardsOf } from '../guards.js'
import { ownOnly } from '../own-only.js'
import { accountPage, actingAccountPage } from '../pages/account.js'
import { type Site, say, show, type Visit } from '../site.js'

/** Where somebody is signed in, and the ends of that. */
export function account(site: Site): Hono<Visit> {
  const member = guardsOf(site)()
  const own = ownOnly(site)
  const app = new Hono<Visit>()

  app.get('/account', member, async (c) => {
    const { auth, user } = c.var
    if ((await auth.actor()) !== undefined) {
      return show(site, c, { title: 'Account', content: actingAccountPage(user.name) })
    }
    const devices = await auth.devices()
    // This one first; the rest is in order, the newest sign-in first.
    devices.sort((a, b) => Number(b.isCurrent) - Number(a.isCurrent))
    return show(site, c, { title: 'Your account', content: accountPage({ name: user.name, devices }) })
  })

  app.post('/account/sign-out-device', member, own, async (c) => {
    const { id } = await formOf(c, 'id')
    const isOut = await c.var.auth.signOutDevice(id)
    await say(c, isOut ? 'That device is signed out.' : 'You are not signed in on that device.')
    return c.redirect('/account', 303)
  })

  app.post('/account/sign-out-others', member, own, async (c) => {
    await c.var.auth.signOutOthers()
    await say(c, 'You are signed out everywhere else.')
    return c.redirect('/account', 303)
  })

  app.post('/account/sign-out-everywhere', member, own, async (c) => {
    await c.var.auth.signOutEverywhere()
    return c.redirect('/sign-in?signed-out', 303)
  })

  return app
}
