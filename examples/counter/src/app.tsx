import type { SessionManager } from '@fetch-sessions/core'
import { session } from '@fetch-sessions/hono'
import { type Context, Hono } from 'hono'
import { accepts } from 'hono/accepts'
import { CounterPage } from './page.js'

export interface CounterData {
  count: number
}

/** A browser asks for a page, `curl` and the like get a line of text. */
const wantsPage = (c: Context): boolean =>
  accepts(c, { header: 'Accept', supports: ['text/html', 'text/plain'], default: 'text/plain' }) === 'text/html'

export const counter = (sessions: SessionManager<CounterData>) => {
  const show = (c: Context, count: number): Response | Promise<Response> =>
    wantsPage(c) ? c.html(<CounterPage count={count} />) : c.text(`count: ${count}\n`)

  /** After a change a browser is sent back to the page, so that a reload does not change it again. */
  const showChanged = (c: Context, count: number): Response | Promise<Response> =>
    wantsPage(c) ? c.redirect('/', 303) : show(c, count)

  return new Hono()
    .use(session(sessions))
    .get('/', async (c) => show(c, (await c.var.session.read()).get('count') ?? 0))
    .on(['GET', 'POST'], '/inc', async (c) => {
      const session = await c.var.session.write()
      return showChanged(
        c,
        session.update('count', (count = 0) => count + 1),
      )
    })
    .on(['GET', 'POST'], '/reset', async (c) => {
      const session = await c.var.session.write()
      session.delete('count')
      return showChanged(c, 0)
    })
}
