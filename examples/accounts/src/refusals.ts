import { wantsPage } from '@fetch-sessions/example-shared/page'
import { createMiddleware } from 'hono/factory'
import { messagePage } from './pages/members.js'
import { type Site, show, type Visit } from './site.js'

/**
 * A guard sends whoever asks for a page to the sign-in, and refuses everything else with a line for programs. This is for
 * people whose form is refused, or who may not see a page.
 */
export const refusalPages = (site: Site) =>
  createMiddleware<Visit>(async (c, next) => {
    await next()
    if (!wantsPage(c.req.raw) || !isRefusal(c.res)) return
    const { code } = (await c.res.json()) as { code: string }
    if (code === 'forbidden') {
      c.res = await show(site, c, forbidden, { status: 403 })
    } else {
      const place = code === 'reauth' ? '/confirm' : '/sign-in'
      c.res = c.redirect(`${place}?next=${encodeURIComponent(pageOf(c.req.header('Referer'), c.req.url))}`, 303)
    }
  })

const isRefusal = ({ status, headers }: Response): boolean =>
  (status === 401 || status === 403) && headers.get('Content-Type') === 'application/json'

/** The page whose form it was. */
function pageOf(referer = '', url: string): string {
  if (!URL.canParse(referer) || new URL(referer).origin !== new URL(url).origin) return '/members'
  const { pathname, search } = new URL(referer)
  return pathname + search
}

const forbidden = {
  title: 'Not for you',
  content: messagePage('That is not for you', 'Only an admin may see this page.'),
}
