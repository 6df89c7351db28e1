import type { RequestLike } from './header.js'

export interface GuardOptions {
  /** Whether a session that was never bound is turned down as well. Default false. */
  proven?: boolean
  /** Where pages lead to that lack proof. Default none: they get a 401, as everything else does. */
  redirectTo?: string
}

/** How long a browser may take to make its first key, in milliseconds. */
const STARTING = 10_000

/**
 * The answer to a request that lacks proof. A page may get it by loading itself again: where another site has led to it,
 * since browsers renew the cookie for a site's own requests alone; and in the seconds after the sign-in.
 */
export async function refuse(
  request: RequestLike,
  { redirectTo }: GuardOptions,
  isStarting: (milliseconds: number) => Promise<boolean>,
): Promise<Response> {
  const { headers, method } = request
  const isPage = method === 'GET' && (headers.get('accept') ?? '').includes('text/html')
  // Only the first time: what a page loads by itself is of the same origin.
  if (isPage && headers.get('sec-fetch-site') === 'cross-site') return reload(0)
  if (isPage && (await isStarting(STARTING))) return reload(1)
  if (isPage && redirectTo !== undefined) return respond(303, null, { Location: redirectTo })
  return respond(401, JSON.stringify({ code: 'device-proof' }), { 'Content-Type': 'application/json' })
}

/** A page that loads itself again, without a script. */
function reload(seconds: number): Response {
  const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="${seconds}"><title>…</title>`
  return respond(403, page, { 'Content-Type': 'text/html; charset=utf-8' })
}

function respond(status: number, body: string | null, headers: Record<string, string>): Response {
  return new Response(body, { status, headers: { 'Cache-Control': 'no-store', ...headers } })
}
