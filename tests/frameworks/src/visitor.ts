/** How long an answer may take, in milliseconds: some servers compile a page when it is first asked for. */
const PATIENCE = 120_000

/** An answer, with its redirect not followed. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A browser, as far as an application sees one: it keeps cookies, and says where its forms come from. */
export class Visitor {
  /** As they are sent, by name. */
  readonly cookies: Map<string, string> = new Map()
  readonly #origin: string

  constructor(origin: string, cookies: Iterable<readonly [string, string]> = []) {
    this.#origin = origin
    for (const [name, value] of cookies) this.cookies.set(name, value)
  }

  /** Another browser with the same cookies. */
  copy(): Visitor {
    return new Visitor(this.#origin, this.cookies)
  }

  async send(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await this.open(path, init)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  /** The answer with its body still to come. */
  async open(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.cookies.size > 0) headers.set('cookie', [...this.cookies].map((pair) => pair.join('=')).join('; '))
    if (!headers.has('accept')) headers.set('accept', 'text/html, */*')
    // As behind a proxy, without which some servers take every request for https.
    headers.set('x-forwarded-proto', 'http')
    if (init.method === 'POST') headers.set('origin', this.#origin)
    const signal = AbortSignal.timeout(PATIENCE)
    const response = await fetch(new URL(path, this.#origin), { redirect: 'manual', signal, ...init, headers })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = line.match(/^([^=]+)=([^;]*)/) ?? []
    if (/; *max-age=0(;|$)/i.test(line)) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
