import { cookies, headers } from 'next/headers.js'

/** What Next's `cookies()` gives. */
export type CookieJar = Awaited<ReturnType<typeof cookies>>

/** What Next is handling, as one phase of it sees it: a proxy, a route handler, an action, the rendering behind it. */
export interface CurrentRequest {
  /** Its headers, with the cookies as this phase has them. */
  readonly request: Request
  readonly jar: CookieJar
  /** How many wrappers are at work on it, one within the other. */
  depth: number
}

/** The requests under way, for one manager. By Next's own object, which is one for each phase of a request. */
export class CurrentRequests {
  readonly #known = new WeakMap<CookieJar, CurrentRequest>()

  /**
   * The same object for each caller in one phase of a request.
   * @throws what `cookies()` throws outside of a request, and where a page is prerendered
   */
  async find(): Promise<CurrentRequest> {
    const jar = await cookies()
    const received = await headers()
    let current = this.#known.get(jar)
    if (current === undefined) {
      current = { request: requestOf(received, jar), jar, depth: 0 }
      this.#known.set(jar, current)
    }
    return current
  }

  /** What comes next in this phase starts anew, with the cookies that have been set meanwhile. */
  forget({ jar }: CurrentRequest): void {
    this.#known.delete(jar)
  }
}

function requestOf(received: Headers, jar: CookieJar): Request {
  const headers = new Headers(received)
  const text = cookieText(received.get('cookie') ?? '', jar.getAll())
  headers.delete('cookie')
  if (text !== '') headers.set('cookie', text)
  const protocol = headers.get('x-forwarded-proto')?.split(',')[0]?.trim() || 'http'
  const host = headers.get('x-forwarded-host') || headers.get('host') || 'localhost'
  const url = `${protocol}://${host}/`
  // A name or an address, maybe with a port: what else a host may hold is no Request's, or not the host alone.
  const isHost = /^https?$/.test(protocol) && /^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i.test(host)
  return new Request(isHost && URL.canParse(url) ? url : 'http://localhost/', { headers })
}

/**
 * The text of the `Cookie` header, as it is by now. The browser may have sent several cookies of one name, of which Next
 * knows one: then all of them count. What a proxy or an action has set counts alone, and what it has removed is gone.
 */
export function cookieText(sent: string, known: readonly { name: string; value: string }[]): string {
  // Of blanks, these alone: a name behind another one must not pass for one with a prefix, such as `__Host-`.
  const pairs = sent.split(';').map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''))
  return known
    .flatMap(({ name, value }) => {
      const mine = pairs.filter((pair) => pair.startsWith(`${name}=`))
      if (mine.some((pair) => decoded(pair.slice(name.length + 1)) === value)) return mine
      return value === '' ? [] : [`${name}=${encodeURIComponent(value)}`]
    })
    .join('; ')
}

/** As Next does it. */
function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}
