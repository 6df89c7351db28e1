/** An answer, whatever it says. */
export interface Answer<Body> {
  status: number
  /** What it said, if that was JSON. */
  body: Body | undefined
  text: string
  setCookie: string | undefined
}

/** A browser as far as cookies go: of several answers, the cookie of the one that comes last is kept. */
export class Browser {
  /** As it is sent: `name=value`. */
  cookie: string | undefined

  constructor(cookie?: string) {
    this.cookie = cookie
  }

  /** @throws TypeError if there is no answer */
  async send<Body>(url: string, path: string, cookie: string | undefined = this.cookie): Promise<Answer<Body>> {
    const response = await fetch(url + path, {
      method: path === '/' ? 'GET' : 'POST',
      headers: cookie === undefined ? {} : { cookie },
    })
    const setCookie = response.headers.get('set-cookie') ?? undefined
    if (setCookie !== undefined) this.cookie = /; Max-Age=0\b/i.test(setCookie) ? undefined : setCookie.split(';')[0]
    const text = await response.text()
    const body = response.headers.get('content-type')?.includes('json') ? (JSON.parse(text) as Body) : undefined
    return { status: response.status, body, text, setCookie }
  }
}
