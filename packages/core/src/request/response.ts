/** Headers by which a CDN is told to keep what `Cache-Control` forbids (RFC 9213 and its forerunner). */
const CDN_HEADERS = ['CDN-Cache-Control', 'Cloudflare-CDN-Cache-Control', 'Surrogate-Control']

/** On a response that was given cookies in place: whose they are since, of each manager. */
const OWNERS: unique symbol = Symbol('fetch-sessions.owners')

type DressedResponse = Response & { [OWNERS]?: ReadonlyMap<ResponseDresser, object> }

/** Puts one manager's cookie, `Vary` and `Cache-Control` on responses. */
export class ResponseDresser {
  readonly #cookieName: string

  constructor(cookieName: string) {
    this.#cookieName = cookieName
  }

  /**
   * Adds to a response what a session that was used needs: in place where its headers can be changed, else to a new
   * response around the same body, which is never read. `undefined` if neither is possible (`Response.error()`, a body
   * that was used, a 101 on Node).
   */
  dress(response: Response, by: object, setCookie: string | undefined): Response | undefined {
    // `Response.error()`: on some runtimes its headers can be changed, but nobody will ever see them. By its status and
    // not by its type, for which the lightweight responses of Hono's server on Node become heavy ones.
    if (response.status === 0) return undefined
    const own: DressedResponse = this.own(response, by)
    try {
      addHeaders(own.headers, setCookie)
    } catch {
      return copyWithHeaders(own, (headers) => addHeaders(headers, setCookie))
    }
    if (setCookie !== undefined) own[OWNERS] = new Map(own[OWNERS]).set(this, by)
    return own
  }

  /**
   * The response itself, unless a handler has returned the same object for an earlier request, and it carries that
   * visitor's cookie since: then a copy without that.
   */
  own(response: DressedResponse, by: object): Response {
    const owner = response[OWNERS]?.get(this)
    if (owner === undefined || owner === by) return response
    const copy: DressedResponse | undefined = copyWithHeaders(response, (headers) => {
      const cookies = headers.getSetCookie()
      headers.delete('Set-Cookie')
      for (const line of cookies) if (!line.startsWith(`${this.#cookieName}=`)) headers.append('Set-Cookie', line)
    })
    if (copy === undefined) return response
    // Another manager's cookie is on the copy as well, for that one to find.
    const owners = new Map(response[OWNERS])
    owners.delete(this)
    copy[OWNERS] = owners
    return copy
  }
}

function copyWithHeaders(response: Response, change: (headers: Headers) => void): Response | undefined {
  try {
    const copy = new Response(response.body, response)
    change(copy.headers)
    return copy
  } catch {
    return undefined
  }
}

/** Appending the cookie comes first: headers that can't be changed say so before anything is. */
function addHeaders(headers: Headers, setCookie: string | undefined): void {
  if (setCookie !== undefined) {
    headers.append('Set-Cookie', setCookie)
    headers.set('Cache-Control', privateCacheControl(headers.get('Cache-Control')))
    for (const name of CDN_HEADERS) headers.delete(name)
  }
  const vary = headers.get('Vary')
  if (vary === null || !/(^|,)\s*(cookie|\*)\s*(,|$)/i.test(vary)) headers.append('Vary', 'Cookie')
}

/**
 * A shared cache must never hand one visitor's cookie to another (RFC 9111 section 7.3): what may be stored at all may
 * be stored by the visitor's own browser only.
 */
function privateCacheControl(value: string | null): string {
  if (value === null) return 'no-store'
  // A comma inside a quoted string does not separate directives.
  const directives = value.match(/(?:[^,"]|"[^"]*"?)+/g)?.map((directive) => directive.trim()) ?? []
  const kept = directives.filter((directive) => directive && !/^(public|s-maxage|private)\b/i.test(directive))
  return (kept.some((directive) => /^no-store$/i.test(directive)) ? kept : ['private', ...kept]).join(', ')
}
