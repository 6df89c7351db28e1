import { formsScript, protectedScript } from '@fetch-sessions/example-shared/page'
import { session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { csrf } from 'hono/csrf'
import { createMiddleware } from 'hono/factory'
import { secureHeaders } from 'hono/secure-headers'
import { messagePage } from './pages/members.js'
import { style } from './pages/style.js'
import type { Platform } from './platform.js'
import { account } from './routes/account.js'
import { admin } from './routes/admin.js'
import { members } from './routes/members.js'
import { password } from './routes/password.js'
import { signIn } from './routes/sign-in.js'
import { signUp } from './routes/sign-up.js'
import { type AccountSessions, accountSessions } from './sessions.js'
import { show, siteOf, type Visit } from './site.js'

/** The whole application. What differs by where it runs is handed in. */
export function accounts(platform: Platform, sessions: AccountSessions = accountSessions(platform)): Hono<Visit> {
  const site = siteOf(platform, sessions)

  const app = new Hono<Visit>()
    .use(secureHeaders({ contentSecurityPolicy: policy, xFrameOptions: 'DENY', referrerPolicy: 'same-origin' }))
    .use(csrf()) // SameSite=Lax keeps other sites out, and this keeps out other origins of the same site.
    .use(bodyLimit({ maxSize: 16 * 1024 })) // Of a form: nothing is uploaded here.
    .get('/style.css', () => asset(style, 'text/css'))
    .get('/forms.js', () => asset(formsScript, 'text/javascript'))
    .get('/protected.js', () => asset(protectedScript, 'text/javascript'))
    .use(noStore)
    .use(session(sessions))

  for (const routes of [signUp, signIn, members, account, password, admin]) app.route('/', routes(site))

  app.notFound((c) => show(site, c, notFound, { status: 404 }))

  return app
}

/** Each page says who looks at it. */
const noStore = createMiddleware((c, next) => {
  c.header('Cache-Control', 'no-store')
  return next()
})

/** Nothing but what comes from here. The style in the page is that of examples/shared. */
const policy = {
  defaultSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
}

const asset = (text: string, type: string): Response =>
  new Response(text, { headers: { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'max-age=300' } })

const notFound = {
  title: 'Not found',
  content: messagePage('There is no such page', 'It may have been here once, or the address has a slip in it.'),
}
