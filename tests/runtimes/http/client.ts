type VisitOptions = Omit<RequestInit, 'headers'> & { headers?: Record<string, string>; cookie?: string }

/** A client that keeps its cookies as a browser does, of one origin. It does not follow redirects. */
export class Client {
  readonly origin: string
  readonly #cookies: Map<string, string> = new Map()

  constructor(origin: string) {
    this.origin = origin
  }

  /** The `Cookie` header of the next visit. */
  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** With another `cookie`, what comes back is not kept: somebody else has asked. */
  async visit(path: string, { cookie, headers, ...init }: VisitOptions = {}): Promise<Response> {
    const response = await fetch(this.origin + path, {
      redirect: 'manual',
      ...init,
      headers: { ...headers, cookie: cookie ?? this.cookie },
    })
    if (cookie === undefined) for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  async text(path: string, options?: VisitOptions): Promise<string> {
    return (await this.visit(path, options)).text()
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = line.match(/^([^=]+)=([^;]*)/) ?? []
    if (/; Max-Age=0(;|$)/i.test(line)) this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }
}
