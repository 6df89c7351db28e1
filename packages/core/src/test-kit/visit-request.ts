/** What is asked, as `fetch` takes it, and two bodies that forms and scripts send. */
export interface VisitInit extends RequestInit {
  /** A body of JSON, with its `Content-Type`. */
  json?: unknown
  /** What a form sends, as `application/x-www-form-urlencoded`. A list is sent as fields of one name. */
  form?: Record<string, string | readonly string[]>
}

/** The statuses after which a browser asks elsewhere. */
const REDIRECTS = [301, 302, 303, 307, 308]

/** The request to this address. What a visitor does with cookies and redirects is not the request's business. */
export function requestOf(input: URL | Request, init: VisitInit): Request {
  const { json, form, redirect: _followed, credentials: _kept, ...rest } = init
  if (json !== undefined && form !== undefined)
    throw new TypeError('fetch-sessions: a visit takes json or form, not both')
  if (rest.body != null && (json !== undefined || form !== undefined))
    throw new TypeError('fetch-sessions: a visit takes a body, or json, or form')
  if (json === undefined)
    return new Request(input, form === undefined ? streamed(rest) : { ...rest, body: formOf(form) })
  const headers = new Headers(rest.headers ?? (input instanceof Request ? input.headers : {}))
  if (!headers.has('content-type')) headers.set('content-type', 'application/json')
  return new Request(input, { ...rest, headers, body: JSON.stringify(json) })
}

/** Node wants to be told that a body that streams is sent before the answer comes. */
function streamed(init: RequestInit): RequestInit {
  return init.body instanceof ReadableStream ? ({ duplex: 'half', ...init } as RequestInit) : init
}

function formOf(form: Record<string, string | readonly string[]>): URLSearchParams {
  const fields = Object.entries(form).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]))
  return new URLSearchParams(fields)
}

/**
 * The request that a browser sends after this response, or `undefined` if it shows what came: it is no redirect, or one to
 * another origin, where somebody else may be asked.
 */
export function redirected(request: Request, response: Response): Request | undefined {
  const location = response.headers.get('location')
  if (location === null || !REDIRECTS.includes(response.status)) return undefined
  const from = new URL(request.url)
  const to = new URL(location, from)
  if (to.origin !== from.origin) return undefined
  if (to.hash === '') to.hash = from.hash
  const { method, headers } = request
  const becomesGet =
    (response.status <= 302 && method === 'POST') || (response.status === 303 && !['GET', 'HEAD'].includes(method))
  if (!becomesGet) return new Request(to, request)
  const kept = [...headers].filter(([name]) => !/^(content-|origin$)/.test(name))
  return new Request(to, { headers: kept })
}

/** @throws TypeError where the platform lets nobody set it, as in a browser and what imitates one */
export function giveCookies(request: Request, header: string): void {
  request.headers.set('cookie', header)
  if (request.headers.get('cookie') !== header)
    throw new TypeError(
      'fetch-sessions: this Request drops its Cookie header, as in a browser: test in an environment for servers',
    )
}
