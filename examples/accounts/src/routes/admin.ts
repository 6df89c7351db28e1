import { Hono } from 'hono'
import { formOf } from '../forms.js'
import { guardsOf } from '../guards.js'
import { adminPage } from '../pages/members.js'
import { type Site, say, show, type Visit } from '../site.js'

const QUARTER_OF_AN_HOUR = 15 * 60

/** An admin sees the site as somebody else. */
export function admin(site: Site): Hono<Visit> {
  const { users } = site
  const guard = guardsOf(site)
  const app = new Hono<Visit>()
  const adminOnly = guard({ can: 'impersonate' })
  const fresh = guard({ fresh: QUARTER_OF_AN_HOUR })

  app.get('/admin', adminOnly, fresh, async (c) => {
    const others = (await users.all()).filter(({ isAdmin }) => !isAdmin)
    return show(site, c, { title: 'Admin', content: adminPage(others) })
  })

  app.post('/admin/impersonate', adminOnly, fresh, async (c) => {
    const { id } = await formOf(c, 'id')
    const user = await users.byId(id)
    if (user === undefined || user.isAdmin) return c.notFound()
    await c.var.auth.impersonate(user, { seconds: QUARTER_OF_AN_HOUR })
    await say(c, `You see the site as ${user.name} now.`)
    return c.redirect('/members', 303)
  })

  app.post('/admin/stop', guard(), async (c) => {
    await c.var.auth.stopImpersonating()
    await say(c, 'You are yourself again.')
    return c.redirect('/admin', 303)
  })

  return app
}
