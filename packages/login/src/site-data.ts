import type { SiteData } from './options.js'

/** What the browser forgets if nothing else is said: no cookies, since those of other applications of the site are among them. */
const DEFAULT: readonly SiteData[] = ['cache', 'storage']

/** The headers by which the browser is asked to forget (https://www.w3.org/TR/clear-site-data/). */
export function siteDataHeaders(clear: boolean | readonly SiteData[] = false): Headers {
  const headers = new Headers()
  const data = clear === true ? DEFAULT : clear || []
  if (data.length > 0) headers.set('Clear-Site-Data', data.map((what) => `"${what}"`).join(', '))
  return headers
}
