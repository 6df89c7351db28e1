import type { cookies } from 'next/headers.js'
import { NextResponse } from 'next/server.js'

/** What Next's `cookies()` gives. */
export type CookieJar = Awaited<ReturnType<typeof cookies>>

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

/** What a proxy in front has told of. Next lets no client send this header. */
export function cookiesTold(received: Headers): { name: string; value: string }[] {
  const headers = new Headers()
  // Behind the comma in a date, no name follows.
  for (const line of received.get(TOLD)?.split(/,(?=\s*[^\s;,=]+=)/) ?? []) headers.append('Set-Cookie', line)
  return new NextResponse(null, { headers }).cookies.getAll()
}

const TOLD = 'x-middleware-set-cookie'

function cookiesOf({ headers }: Response): NextResponse['cookies'] {
  return new NextResponse(null, { headers }).cookies
}
