import { connect } from 'node:net'

/** Of a response, what the client sees of the session. */
export function cookieOf(response: Response): string {
  return (
    response.headers
      .getSetCookie()
      .find((line) => line.startsWith('__Host-sid='))
      ?.split(';')[0] ?? ''
  )
}

/** A client that keeps the session's cookie. */
export class Client {
  readonly origin: string
  cookie: string

  constructor(origin: string, cookie = '') {
    this.origin = origin
    this.cookie = cookie
  }

  get port(): number {
    return Number(new URL(this.origin).port)
  }

  /** Another client of the same server, who has no cookie. */
  another(): Client {
    return new Client(this.origin)
  }

  async visit(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string>), ...(this.cookie && { cookie: this.cookie }) }
    const response = await fetch(this.origin + path, { redirect: 'manual', ...init, headers })
    const line = response.headers.getSetCookie().find((line) => line.startsWith('__Host-sid='))
    if (line !== undefined) this.cookie = line.includes('Max-Age=0') ? '' : (line.split(';')[0] ?? '')
    return response
  }

  async text(path: string, init?: RequestInit): Promise<string> {
    return (await this.visit(path, init)).text()
  }
}

/** A client that does not wait for its answer. */
export interface Leaving {
  /** Cuts the connection off, without a word. */
  leave(): void
}

/** Asks for these paths, one behind the other on one connection, with a session's cookie. */
export function leaving(port: number, cookie: string, ...paths: string[]): Leaving {
  const requests = (paths.length > 0 ? paths : ['/'])
    .map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n\r\n`)
    .join('')
  const socket = connect(port, '127.0.0.1', () => socket.write(requests))
  socket.on('error', () => {})
  return { leave: () => void socket.destroy() }
}

/** Sends these bytes, and resolves with all that comes until the server closes, or until it is enough. */
export function exchange(
  port: number,
  text: string,
  isEnough: (received: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('latin1')
    const done = (): void => {
      socket.destroy()
      resolve(received)
    }
    socket.on('data', (data: string) => {
      received += data
      if (isEnough(received)) done()
    })
    socket.on('end', done)
    socket.on('error', reject)
  })
}

/** Waits, turn by turn, for something that another turn brings about. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((soon) => setImmediate(soon))
}

/** Whatever was still to be begun has been by then. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((soon) => setImmediate(soon))
}
