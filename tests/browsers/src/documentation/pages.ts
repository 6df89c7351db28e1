import { groups } from '../../../../docs/.vitepress/sidebar.js'

/** Every page that is written by hand. */
export const written: string[] = ['/', ...groups.flatMap(({ pages }) => pages.map(([page]) => `/${page}`))]

/** Of the reference, whose hundreds of pages are made by one template: its index, and one of each kind. */
export const generated: string[] = [
  '/reference/',
  '/reference/@fetch-sessions/core/classes/SessionManager',
  '/reference/@fetch-sessions/core/interfaces/CookieOptions',
  '/reference/@fetch-sessions/hono/functions/session',
]

/** An address that no page has: a static host sends 404.html. */
export const notThere = '/not/there'
