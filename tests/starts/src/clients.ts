import { submit } from '../../frameworks/src/form.js'
import { Visitor } from '../../frameworks/src/visitor.js'

/** Where each start listens. */
export const PORT = 3000
const ORIGIN = `http://localhost:${PORT}`

/** Somebody who keeps cookies: counts once more, and tells what the application says then. */
export type Client = () => Promise<string>

/** Visits, as curl does: it keeps `Secure` cookies for localhost. */
export function visits(): Client {
  let cookie: string | undefined
  return async () => {
    const response = await fetch(`${ORIGIN}/`, cookie === undefined ? {} : { headers: { cookie } })
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    return response.text()
  }
}

/** Presses the button of the page, which shows the count, as a browser does that runs no scripts. */
export function presses(): Client {
  const visitor = new Visitor(ORIGIN)
  return async () => {
    const { text } = await submit(visitor, '/', String.raw`Visit\D*\d+`)
    const button = text.match(/<button[^>]*>(.*?)<\/button>/s)?.[1] ?? text.slice(0, 500)
    return button.replaceAll(/<!--.*?-->/g, '')
  }
}
