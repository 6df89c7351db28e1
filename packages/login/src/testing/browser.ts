import type { Auth } from '../index.js'

/** Handles a request with the sessions of a site. */
type Handle = (request: Request, handler: () => Promise<Response>) => Promise<Response>

/** Keeps the one cookie that it gets, and sends it with each visit. */
export class Browser<User> {
  cookie = ''
  readonly #handle: Handle
  readonly #of: (request: Request) => Auth<User>

  constructor(handle: Handle, of: (request: Request) => Auth<User>) {
    this.#handle = handle
    this.#of = of
  }

  /** A request of this browser. */
  request(path = '/', init: RequestInit = {}): Request {
    const request = new Request(new URL(path, 'https://example.com'), init)
    if (this.cookie !== '') request.headers.set('cookie', this.cookie)
    return request
  }

  /** What happens with one request, and what comes of it. */
  async visit<R>(act: (auth: Auth<User>, request: Request) => Promise<R>): Promise<R> {
    let result: R | undefined
    const request = this.request()
    const response = await this.#handle(request, async () => {
      result = await act(this.#of(request), request)
      return new Response('ok')
    })
    this.receive(response)
    return result as R
  }

  /** Sends a request to a handler of responses, and keeps the cookie. */
  async fetch(
    handler: (request: Request) => Response | Promise<Response>,
    path = '/',
    init: RequestInit = {},
  ): Promise<Response> {
    return this.receive(await handler(this.request(path, init)))
  }

  /** Keeps the cookie of this response, if it has one. */
  receive(response: Response): Response {
    for (const line of response.headers.getSetCookie()) {
      this.cookie = /max-age=0/i.test(line) ? '' : (line.split(';')[0] as string)
    }
    return response
  }
}
