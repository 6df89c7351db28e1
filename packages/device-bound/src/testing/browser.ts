import { Device, type DeviceAlgorithm } from './device.js'

type Fetch = (request: Request) => Promise<Response>

/** What a browser keeps of a device bound session. */
interface BoundSession {
  readonly identifier: string
  readonly refreshUrl: string
  readonly cookie: string
  readonly device: Device
  challenge: string | undefined
}

const ORIGIN = 'https://shop.example'

/** A browser that keeps its cookies, and binds sessions to its device as Chromium does, or does not know of that. */
export class Browser {
  readonly cookies: Map<string, string> = new Map()
  /** What its device has signed, and where to that went. */
  readonly sent: { url: string; jwt: string }[] = []
  session: BoundSession | undefined
  readonly #fetch: Fetch
  readonly #algorithm: DeviceAlgorithm | undefined

  /** `algorithm`: left out, it knows nothing of device bound sessions. */
  constructor(fetch: Fetch, algorithm?: DeviceAlgorithm) {
    this.#fetch = fetch
    this.#algorithm = algorithm
  }

  /** Asks for a page, after a refresh if one is due, and gives its text. */
  async visit(path: string, headers: Record<string, string> = {}): Promise<string> {
    return (await this.ask(path, headers)).text()
  }

  async ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
    if (this.session !== undefined && !this.cookies.has(this.session.cookie)) await this.refresh()
    const response = await this.#send(new Request(`${ORIGIN}${path}`, { headers: { ...headers, ...this.#cookie() } }))
    const registration = response.headers.get('secure-session-registration')
    if (registration !== null && this.#algorithm !== undefined) await this.#register(registration, this.#algorithm)
    return response
  }

  /** The bound cookie runs out. */
  loseBoundCookie(): void {
    for (const name of this.cookies.keys()) if (name.endsWith('-bound')) this.cookies.delete(name)
  }

  /** Another browser with a copy of all cookies, on another device. */
  stolen(): Browser {
    const thief = new Browser(this.#fetch)
    for (const [name, value] of this.cookies) thief.cookies.set(name, value)
    return thief
  }

  async refresh(tries = 5): Promise<Response> {
    const session = this.session as BoundSession
    const { challenge } = session
    session.challenge = undefined
    const jwt = challenge === undefined ? undefined : await session.device.refresh(challenge)
    const response = await this.post(session.refreshUrl, jwt, session.identifier)
    // Without a challenge, it got one by now.
    if (response.status === 403 && tries > 0 && this.session?.challenge !== undefined) return this.refresh(tries - 1)
    if (response.status === 200) await this.#follow(response, session.device)
    else if (response.status < 500) this.session = undefined
    return response
  }

  /** What the browser sends by itself. */
  async post(url: string, jwt: string | undefined, identifier?: string): Promise<Response> {
    if (jwt !== undefined) this.sent.push({ url, jwt })
    const headers = {
      ...this.#cookie(),
      ...(jwt !== undefined && { 'Secure-Session-Response': jwt }),
      ...(identifier !== undefined && { 'Sec-Secure-Session-Id': identifier }),
    }
    return this.#send(new Request(new URL(url, ORIGIN), { method: 'POST', headers }))
  }

  async #register(header: string, algorithm: DeviceAlgorithm): Promise<void> {
    const [, path = '', challenge = ''] = header.match(/^\(ES256 RS256\);path="([^"]+)";challenge="([^"]+)"$/) ?? []
    const device = await Device.make(algorithm)
    const response = await this.post(path, await device.register(challenge))
    if (response.status === 200) await this.#follow(response, device)
  }

  async #follow(response: Response, device: Device): Promise<void> {
    const { session_identifier, refresh_url, credentials, continue: goesOn } = await response.clone().json()
    if (goesOn === false) {
      this.session = undefined
      return
    }
    const challenge = this.#challengeOf(response)
    this.session = {
      identifier: session_identifier,
      refreshUrl: refresh_url,
      cookie: credentials[0].name,
      device,
      challenge,
    }
  }

  #challengeOf(response: Response): string | undefined {
    return response.headers.get('secure-session-challenge')?.match(/^"([^"]+)";id="[^"]+"$/)?.[1]
  }

  async #send(request: Request): Promise<Response> {
    const response = await this.#fetch(request)
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = line.match(/^([^=]+)=([^;]*)/) ?? []
      if (line.includes('Max-Age=0')) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    if (this.session !== undefined) this.session.challenge = this.#challengeOf(response) ?? this.session.challenge
    return response
  }

  #cookie(): { cookie?: string } {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return cookie === '' ? {} : { cookie }
  }
}
