import { Hono } from 'hono'
import { formOf, problemOfName, problemOfPassword } from '../forms.js'
import { signUpForm, tooManyTries } from '../pages/sign-in.js'
import { type Site, say, show, type Visit } from '../site.js'

/** A new member, who is signed in at once. */
export function signUp(site: Site): Hono<Visit> {
  const { login, users, passwords, tries, addressOf } = site
  const app = new Hono<Visit>()

  app.get('/sign-up', async (c) => {
    if ((await login.of(c.req.raw).user()) !== undefined) return c.redirect('/members', 303)
    return show(site, c, { title: 'Sign up', narrow: true, content: signUpForm() })
  })

  app.post('/sign-up', async (c) => {
    const { name, password } = await formOf(c, 'name', 'password')
    const again = (problems: { wrongName?: string; wrongPassword?: string }, status: 422 | 429): Promise<Response> => {
      const content = signUpForm({ name, ...problems })
      return show(site, c, { title: 'Error: sign up', narrow: true, content }, { status })
    }
    const wrongName = problemOfName(name)
    if (wrongName !== undefined) return again({ wrongName }, 422)
    const wrongPassword = problemOfPassword(password, name)
    if (wrongPassword !== undefined) return again({ wrongPassword }, 422)

    const wait = await tries.count(addressOf(c), `sign up as ${name}`)
    if (wait !== undefined) {
      c.header('Retry-After', String(wait))
      return again({ wrongName: tooManyTries(wait) }, 429)
    }
    const user = await users.create(name, await passwords.hash(password))
    if (user === undefined) return again({ wrongName: 'Somebody has this name already.' }, 422)

    await login.of(c.req.raw).signIn(user, { factor: 'password' })
    await say(c, user.isAdmin ? 'Welcome! You are the first member, and so the admin.' : 'Welcome to the club!')
    return c.redirect('/members', 303)
  })

  return app
}
