/** Headers by which a CDN is told to keep what `Cache-Control` forbids (RFC 9213 and its forerunner). */
const CDN_HEADERS = ['CDN-Cache-Control', 'Cloudflare-CDN-Cache-Control', 'Surrogate-Control']

/** On a response that was changed in place: by which request's session, and which cookie it carries since. */
interface Mark {
  readonly by: object
  readonly setCookie: string
}

/** Puts one manager's cookie, `Vary` and `Cache-Control` on responses. */
export class ResponseDresser {
  readonly #key: symbol = Symbol('fetch-sessions.cookie')

  /**
   * Adds to a response: in place where its headers can be changed, else to a new response around the same body, which is
   * never read. `undefined` if neither is possible (`Response.error()`, a body that was used, a 101 on Node).
   */
  dress(response: Response, by: object, setCookie: string | undefined): Response | undefined {
    const own = this.withoutStrangersCookie(response, by)
    try {
      addHeaders(own.headers, setCookie)
    } catch {
      return copyWithHeaders(own, (headers) => addHeaders(headers, setCookie))
    }
    if (setCookie !== undefined) Object.assign(own, { [this.#key]: { by, setCookie } satisfies Mark })
    return own
  }

  /**
   * The response itself, unless a handler has returned the same object for an earlier request, and it carries that
   * visitor's cookie since: then a copy without that.
   */
  withoutStrangersCookie(response: Response, by: object): Response {
    const mark = (response as Response & { [key: symbol]: Mark | undefined })[this.#key]
    if (mark === undefined || mark.by === by) return response
    const copy = copyWithHeaders(response, (headers) => {
      const cookies = headers.getSetCookie()
      headers.delete('Set-Cookie')
      for (const cookie of cookies) if (cookie !== mark.setCookie) headers.append('Set-Cookie', cookie)
    })
    return copy ?? response
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
  const directives =
    value
      .match(/(?:[^,"]|"[^"]*"?)+/g)
      ?.map((directive) => directive.trim())
      .filter(Boolean) ?? []
  const kept = directives.filter((directive) => !/^(public|s-maxage|private)\b/i.test(directive))
  return kept.some((directive) => /^no-store$/i.test(directive)) ? kept.join(', ') : ['private', ...kept].join(', ')
}
