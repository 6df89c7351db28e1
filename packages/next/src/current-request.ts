import { trimBlanks } from '@fetch-sessions/core'
import { cookies, headers } from 'next/headers.js'
import { type CookieJar, cookiesTold } from './next-cookies.js'

/** What Next is handling, as one phase of it sees it: a proxy, a route handler, an action, the rendering behind it. */
export interface CurrentRequest {
  /** Its headers, with the cookies as this phase has them. */
  readonly request: Request
  readonly jar: CookieJar
  /** Whether Next makes one response for everybody (`dynamic = 'force-static'`): it then hides all headers. */
  readonly isStatic: boolean
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
      // A request that was sent has some: Next itself adds those of a proxy in front.
      const isStatic = received.keys().next().done === true
      current = { request: requestOf(received, jar), jar, isStatic, depth: 0 }
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
  const sent = received.get('cookie') ?? ''
  const text = cookieText(sent, withTold(sent, jar.getAll(), cookiesTold(received)))
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
export function cookieText(sent: string, known: readonly Cookie[]): string {
  const pairs = pairsOf(sent)
  return known
    .flatMap(({ name, value }) => {
      const mine = pairs.get(name) ?? []
      if (mine.some((pair) => valueIn(pair) === value)) return mine
      return value === '' ? [] : [`${name}=${encodeURIComponent(value)}`]
    })
    .join('; ')
}

interface Cookie {
  readonly name: string
  readonly value: string
}

/**
 * What the proxy in front has set. Next puts it on the cookies of a page and of an action, and forgets to do so for a route
 * handler, whose headers are of another kind.
 */
export function withTold(sent: string, known: readonly Cookie[], told: readonly Cookie[]): readonly Cookie[] {
  if (told.length === 0) return known
  const original = pairsOf(sent)
  const values = new Map(known.map(({ name, value }) => [name, value]))
  // What is not as it was sent has been set since, by Next or by this very handler.
  const missing = told.filter(({ name }) => {
    const value = values.get(name)
    const before = original.get(name)
    return before === undefined ? value === undefined : before.some((pair) => (valueIn(pair) ?? '') === value)
  })
  const names = new Set(missing.map(({ name }) => name))
  return [...known.filter(({ name }) => !names.has(name)), ...missing]
}

/** The pairs of a `Cookie` header, as they were sent, by their names. */
function pairsOf(sent: string): ReadonlyMap<string, readonly string[]> {
  const byName = new Map<string, string[]>()
  for (const part of sent.split(';')) {
    const pair = trimBlanks(part)
    const equals = pair.indexOf('=')
    if (equals < 0) continue
    const name = pair.slice(0, equals)
    const pairs = byName.get(name)
    if (pairs === undefined) byName.set(name, [pair])
    else pairs.push(pair)
  }
  return byName
}

function valueIn(pair: string): string | undefined {
  return decoded(pair.slice(pair.indexOf('=') + 1))
}

/** As Next does it. */
function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}
