import { NextResponse } from 'next/server.js'
import type { CookieJar } from './current-request.js'

/** Has Next set the cookies of a response, where it makes the response that is sent itself. */
export function setCookies(jar: CookieJar, response: Response): void {
  for (const cookie of cookiesOf(response).getAll()) {
    // Next does not read a Max-Age of 0, by which a cookie is removed.
    jar.set(cookie.expires === undefined || Number(cookie.expires) > 0 ? cookie : { ...cookie, maxAge: 0 })
  }
}

/**
 * Has Next tell what is behind the proxy of the cookies that it sets, as `NextResponse` does for those that are set by its
 * `cookies`.
 */
export function passCookiesOn(response: Response): Response {
  const { headers } = response
  const passes = headers.has('x-middleware-next') || headers.has('x-middleware-rewrite')
  if (!passes || !headers.has('set-cookie')) return response
  const carrier = new NextResponse(null, { headers })
  const last = carrier.cookies.getAll().at(-1)
  // It writes all of them, with any of them.
  if (last !== undefined) carrier.cookies.set(last)
  const told = carrier.headers.get(TOLD)
  const passed = new Response(response.body, response)
  if (told !== null) passed.headers.set(TOLD, told)
  return passed
}

const TOLD = 'x-middleware-set-cookie'

function cookiesOf({ headers }: Response): NextResponse['cookies'] {
  return new NextResponse(null, { headers }).cookies
}
