import { cookieValues, type RequestLike } from './header.js'
import { type BoundCookie, invalid } from './options.js'

/** Options of the guard. */
export interface GuardOptions {
  /** Whether a session that was never bound is turned down as well. Default false. */
  proven?: boolean
  /** Where pages lead to that lack proof. Default none: they get a 401, as everything else does. */
  redirectTo?: string
}

/** How long a browser may take to make its first key, in milliseconds. */
const STARTING = 10_000

/** @throws TypeError for what is no option of a guard */
export function checkGuard(options: GuardOptions): void {
  const { proven, redirectTo, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw invalid(`guard: ${unknown}`, 'is no option: there are proven, redirectTo')
  if (proven !== undefined && typeof proven !== 'boolean') throw invalid('guard: proven', 'must be true or false')
  if (redirectTo !== undefined && typeof redirectTo !== 'string') throw invalid('guard: redirectTo', 'must be a path')
}

/** What a guard knows of the request that it turns down. */
export interface Refusal {
  readonly request: RequestLike
  readonly cookie: BoundCookie
  /** Whether the session needs proof, and this is what is wrong. */
  readonly isMissing: boolean
  /** Whether the session was begun so many milliseconds ago at most, and its browser has proven nothing yet. */
  isStarting(milliseconds: number): Promise<boolean>
}

/**
 * The answer to a request that lacks proof. The browser of the owner gets another chance, once: by a redirect to the same
 * place, where the bound cookie that came is not the right one; by a page that loads itself again, where another site has
 * led there, since browsers renew the cookie for a site's own requests alone, and in the seconds after the sign-in.
 */
export async function refuse(
  { request, cookie, isMissing, isStarting }: Refusal,
  { redirectTo }: GuardOptions,
): Promise<Response> {
  const { headers, method, url } = request
  // Such as one of the sign-in before, of a refresh that was overtaken. The next request comes without it.
  if (isMissing && cookieValues(headers.get('cookie'), cookie.name).length > 0) {
    const { pathname, search } = new URL(url)
    return respond(307, null, { Location: `${localPath(pathname)}${search}`, 'Set-Cookie': cookie.removal })
  }
  const isPage = method === 'GET' && (headers.get('accept') ?? '').includes('text/html')
  // Only the first time: what a page loads by itself is of the same origin.
  if (isPage && headers.get('sec-fetch-site') === 'cross-site') return reload(0)
  if (isPage && (await isStarting(STARTING))) return reload(1)
  if (isPage && redirectTo !== undefined) return respond(303, null, { Location: redirectTo })
  return respond(401, JSON.stringify({ code: 'device-proof' }), { 'Content-Type': 'application/json' })
}

/** `//host` would lead to another site. */
function localPath(pathname: string): string {
  return pathname.startsWith('//') ? `/.${pathname}` : pathname
}

/** A page that loads itself again, without a script. */
function reload(seconds: number): Response {
  const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="${seconds}"><title>…</title>`
  return respond(403, page, { 'Content-Type': 'text/html; charset=utf-8' })
}

function respond(status: number, body: string | null, headers: Record<string, string>): Response {
  return new Response(body, { status, headers: { 'Cache-Control': 'no-store', ...headers } })
}
