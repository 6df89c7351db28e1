import { wantsPage } from '@fetch-sessions/example-shared/page'
import type { RefusedRequest } from '@fetch-sessions/login'
import { guard, type HonoGuardOptions, type LoginEnv } from '@fetch-sessions/login/hono'
import type { Context, MiddlewareHandler } from 'hono'
import { messagePage } from './pages/members.js'
import { type Site, show, type Visit } from './site.js'
import type { User } from './users.js'

/**
 * Guards that answer people in this site's own words: whose form is refused is led to the sign-in and back to the form,
 * and who may not see a page is told so. Programs get the guard's own line.
 */
export const guardsOf =
  (site: Site) =>
  (options: HonoGuardOptions<User> = {}): MiddlewareHandler<LoginEnv<User>> =>
    guard(site.login, {
      confirmAt: '/confirm',
      refused: (refusal, c) => (wantsPage(c.req.raw) ? answer(site, refusal, c) : undefined),
      ...options,
    })

async function answer(
  site: Site,
  { reason, location }: RefusedRequest,
  c: Context<Visit>,
): Promise<Response | undefined> {
  if (reason === 'unavailable') return undefined
  if (location !== undefined) return c.redirect(location, 303)
  return show(site, c, reason === 'impersonating' ? notAsSomebodyElse : forbidden, { status: 403 })
}

const forbidden = {
  title: 'Not for you',
  content: messagePage('That is not for you', 'Only an admin may see this page.'),
}

export const notAsSomebodyElse = {
  title: 'Not as somebody else',
  content: messagePage('Not as somebody else', 'Passwords and devices are theirs alone. Be yourself again first.'),
}
