import { H3, serve, useSession } from 'h3'
import { newData, SECRET } from './visit.js'

export const bareH3 = () => app({ read: () => '1', write: () => '1' })

/** The session is in the cookie, encrypted. */
export function h3Session({ size } = {}) {
  const config = { password: SECRET, name: 'sid', maxAge: 86_400, sessionHeader: false }
  const { pad } = newData(size)
  return app({
    read: async (event) => String((await useSession(event, config)).data.count ?? 0),
    write: async (event) => {
      const session = await useSession(event, config)
      const { count = 0 } = session.data
      await session.update(count === 0 ? { pad, count: 1 } : { count: count + 1 })
      return String(count + 1)
    },
  })
}

function app({ read, write }) {
  const h3 = new H3()
  h3.get('/plain', () => 'plain')
  h3.get('/read', read)
  h3.get('/write', write)
  return {
    fetch: (request) => h3.fetch(request),
    async listen() {
      const server = serve(h3, { port: 0, hostname: '127.0.0.1', silent: true })
      await server.ready()
      return Number(new URL(server.url).port)
    },
  }
}
