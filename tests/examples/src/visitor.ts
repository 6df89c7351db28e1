const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0'

/** A browser without a window: it keeps its cookies and sends forms. It does not follow redirects. */
export class Visitor {
  readonly origin: string
  readonly #headers: Record<string, string>
  readonly #cookies: Map<string, string> = new Map()

  constructor(origin: string, userAgent: string = FIREFOX, headers: Record<string, string> = {}) {
    this.origin = origin
    this.#headers = { accept: 'text/html', 'user-agent': userAgent, ...headers }
  }

  /** The `Cookie` header of the next request. */
  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  set cookie(header: string) {
    this.#cookies.clear()
    for (const pair of header.split('; ')) this.#cookies.set(...(pair.split(/=(.*)/) as [string, string]))
  }

  get(path: string): Promise<Answer> {
    return this.#fetch(path, {})
  }

  post(path: string, fields: Record<string, string> = {}, origin = this.origin): Promise<Answer> {
    return this.#fetch(path, { method: 'POST', body: new URLSearchParams(fields), headers: { origin } })
  }

  postJson(path: string, body: unknown): Promise<Answer> {
    const headers = { origin: this.origin, 'content-type': 'application/json' }
    return this.#fetch(path, { method: 'POST', body: JSON.stringify(body), headers })
  }

  async #fetch(path: string, init: RequestInit): Promise<Answer> {
    const headers = { ...this.#headers, cookie: this.cookie, ...init.headers }
    const response = await fetch(new URL(path, this.origin), { ...init, redirect: 'manual', headers })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return {
      status: response.status,
      location: response.headers.get('location'),
      headers: response.headers,
      text: await response.text(),
    }
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = line.match(/^([^=]+)=([^;]*)/) ?? []
    if (/; Max-Age=0(;|$)/i.test(line)) this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }
}

export interface Answer {
  status: number
  /** Where it leads, if it leads anywhere. */
  location: string | null
  headers: Headers
  text: string
}
