import { Hono } from 'hono'
import { formOf, problemOfPassword } from '../forms.js'
import { guardsOf } from '../guards.js'
import { ownOnly } from '../own-only.js'
import { passwordForm } from '../pages/account.js'
import { type Site, say, show, type Visit } from '../site.js'

const TEN_MINUTES = 600

/** A new password, for whoever has shown the old one within ten minutes. */
export function password(site: Site): Hono<Visit> {
  const { users, passwords } = site
  const guard = guardsOf(site)
  const app = new Hono<Visit>()
  const [member, own] = [guard(), ownOnly(site)]
  const fresh = guard({ fresh: TEN_MINUTES })

  app.get('/account/password', member, own, fresh, (c) =>
    show(site, c, { title: 'A new password', narrow: true, content: passwordForm({ name: c.var.user.name }) }),
  )

  app.post('/account/password', member, own, fresh, async (c) => {
    const { user } = c.var
    const { password } = await formOf(c, 'password')
    const wrong = problemOfPassword(password, user.name)
    if (wrong !== undefined) {
      const content = passwordForm({ name: user.name, wrong })
      return show(site, c, { title: 'Error: a new password', narrow: true, content }, { status: 422 })
    }
    const changed = await users.changePassword(user, await passwords.hash(password))
    if (changed === undefined) return c.redirect('/account/password', 303)
    await c.var.auth.credentialChanged(changed)
    await say(c, 'You have a new password, and are signed out everywhere else.')
    return c.redirect('/account', 303)
  })

  return app
}
