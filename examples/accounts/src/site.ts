import type { SessionHandle } from '@fetch-sessions/core'
import type { Login } from '@fetch-sessions/login'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { accountLogin } from './login.js'
import { type Content, type Flash, layout } from './pages/layout.js'
import type { Platform } from './platform.js'
import type { AccountSessions, Data } from './sessions.js'
import type { User } from './users.js'

/** What the routes get from Hono. */
export interface Visit {
  Variables: { session: SessionHandle<Data> }
}

/** What the functions here need of a context, whatever else the route's middleware has put there. */
export interface Here {
  req: { path: string; raw: Request }
  var: { session: SessionHandle<Data> }
  html(html: string, status: ContentfulStatusCode): Response | Promise<Response>
}

/** What the routes are made of. */
export interface Site extends Platform {
  login: Login<User, unknown, AccountSessions>
}

export const siteOf = (platform: Platform, sessions: AccountSessions): Site => ({
  ...platform,
  login: accountLogin(sessions, platform),
})

interface Answer {
  status?: 200 | 401 | 403 | 404 | 422 | 429
  /** In place of the session's. */
  flash?: Flash | undefined
}

/** Answers with a page. */
export async function show(
  { login }: Site,
  c: Here,
  content: Content,
  { status = 200, flash }: Answer = {},
): Promise<Response> {
  const auth = login.of(c.req.raw)
  const [user, actor] = await Promise.all([auth.user(), auth.actor()])
  return c.html(layout({ path: c.req.path, user, actor, flash: flash ?? (await takeFlash(c)) }, content), status)
}

/** Says something on the next page. */
export async function say(c: Here, text: string): Promise<void> {
  const session = await c.var.session.write()
  session.set('flash', { text })
}

/** A page without a flash only reads the session. */
async function takeFlash(c: Here): Promise<Flash | undefined> {
  if (!(await c.var.session.read()).has('flash')) return undefined
  return (await c.var.session.write()).take('flash')
}
