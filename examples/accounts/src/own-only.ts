import { createMiddleware } from 'hono/factory'
import { notAsSomebodyElse } from './guards.js'
import { type Site, show, type Visit } from './site.js'

/** For what is a person's own: an admin who sees the site as somebody else does not do it in their place. */
export const ownOnly = (site: Site) =>
  createMiddleware<Visit>(async (c, next) => {
    if ((await site.login.of(c.req.raw).actor()) === undefined) return next()
    return show(site, c, notAsSomebodyElse, { status: 403 })
  })
