import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server over real HTTP, and what a visitor gets there. */
export interface Served {
  /** `POST /app` with this JSON signs in, `GET /app` answers with what the session holds. */
  signIn(data: object): Promise<readonly string[]>
  see(header: string): Promise<unknown>
  get(path: string, header: string): Promise<Response>
  close(): Promise<void>
}

export async function serve(listener: RequestListener): Promise<Served> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return servedAt((server.address() as AddressInfo).port, async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
}

export function servedAt(port: number, close: () => Promise<void>): Served {
  const url = `http://127.0.0.1:${port}/app`
  return {
    async signIn(data) {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(data) })
      if (!response.ok) throw new Error(await response.text())
      return response.headers.getSetCookie()
    },
    see: async (header) => (await fetch(url, { headers: { cookie: header } })).json(),
    get: (path, header) => fetch(url + path, { headers: { cookie: header } }),
    close,
  }
}
