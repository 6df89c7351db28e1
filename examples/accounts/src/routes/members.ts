import { Hono } from 'hono'
import { guardsOf } from '../guards.js'
import { membersPage, welcomePage } from '../pages/members.js'
import { type Site, show, type Visit } from '../site.js'

/** The page for everybody, and the one for members. */
export function members(site: Site): Hono<Visit> {
  const { login, users } = site
  const app = new Hono<Visit>()

  app.get('/', async (c) => {
    const user = await login.of(c.req.raw).user()
    return show(site, c, { title: 'Welcome', content: welcomePage(user !== undefined) })
  })

  app.get('/members', guardsOf(site)(), async (c) =>
    show(site, c, { title: 'Members', content: membersPage(await users.all()) }),
  )

  return app
}
