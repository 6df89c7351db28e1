import { isLoginError } from '@fetch-sessions/login'
import { Hono } from 'hono'
import { formOf } from '../forms.js'
import { guardsOf } from '../guards.js'
import { ownOnly } from '../own-only.js'
import { confirmForm, signInForm, tooManyTries } from '../pages/sign-in.js'
import { type Site, say, show, type Visit } from '../site.js'

const DAY = 86_400

/** Sign-in, sign-out, and the password once more in between. */
export function signIn(site: Site): Hono<Visit> {
  const { login, users, passwords, tries, addressOf } = site
  const [member, own] = [guardsOf(site)(), ownOnly(site)]
  const app = new Hono<Visit>()

  /**
   * For a name that nobody has: the same work is done, so that the time it takes does not tell which names exist. The text
   * is kept and not its promise: on Workers a request can't wait for what another one does.
   */
  let nobody: string | undefined
  const hashOfNobody = async (): Promise<string> => {
    nobody ??= await passwords.hash(crypto.randomUUID())
    return nobody
  }

  app.get('/sign-in', async (c) => {
    const next = login.safeNext(c.req.query('next'), '/members')
    if ((await login.of(c.req.raw).user()) !== undefined) return c.redirect(next, 303)
    const flash = c.req.query('signed-out') === undefined ? undefined : { text: 'You are signed out.' }
    return show(site, c, { title: 'Sign in', narrow: true, content: signInForm({ next }) }, { flash })
  })

  app.post('/sign-in', async (c) => {
    const { name, password, remember, next } = await formOf(c, 'name', 'password', 'remember', 'next')
    const again = (wrong: string, status: 401 | 429): Promise<Response> =>
      show(
        site,
        c,
        {
          title: 'Error: sign in',
          narrow: true,
          content: signInForm({ next: login.safeNext(next, '/members'), name, remember: remember !== '', wrong }),
        },
        { status },
      )

    const wait = await tries.count(addressOf(c), name)
    if (wait !== undefined) {
      c.header('Retry-After', String(wait))
      return again(tooManyTries(wait), 429)
    }
    const user = await users.byName(name)
    const isRight = await passwords.verify(user?.passwordHash ?? (await hashOfNobody()), password)
    if (user === undefined || !isRight) return again('Wrong name or password.', 401)

    await tries.forget(addressOf(c), name)
    try {
      await login.of(c.req.raw).signIn(user, {
        factor: 'password',
        ...(remember !== '' && { remember: { idleTimeout: 14 * DAY, absoluteTimeout: 90 * DAY } }),
      })
    } catch (error) {
      if (!isLoginError(error) || error.code !== 'ERR_LOGIN_FULL') throw error
      return again('You have just signed in in many other places. Try again.', 429)
    }
    await say(c, `You are signed in. Welcome back, ${user.name}!`)
    return c.redirect(login.safeNext(next, '/members'), 303)
  })

  app.post('/sign-out', async (c) => {
    await login.of(c.req.raw).signOut()
    return c.redirect('/sign-in?signed-out', 303)
  })

  app.get('/confirm', member, own, async (c) => {
    const { name } = c.var.user
    const next = login.safeNext(c.req.query('next'), '/account')
    return show(site, c, { title: 'Is it you?', narrow: true, content: confirmForm({ next, name }) })
  })

  app.post('/confirm', member, own, async (c) => {
    const user = c.var.user
    const { password, next: given } = await formOf(c, 'password', 'next')
    const next = login.safeNext(given, '/account')
    const again = (wrong: string, status: 401 | 429): Promise<Response> => {
      const content = confirmForm({ next, name: user.name, wrong })
      return show(site, c, { title: 'Error: is it you?', narrow: true, content }, { status })
    }
    const wait = await tries.count(addressOf(c), user.name)
    if (wait !== undefined) {
      c.header('Retry-After', String(wait))
      return again(tooManyTries(wait), 429)
    }
    if (!(await passwords.verify(user.passwordHash, password))) return again('That is not your password.', 401)
    await tries.forget(addressOf(c), user.name)
    await c.var.auth.confirm('password')
    return c.redirect(next, 303)
  })

  return app
}
