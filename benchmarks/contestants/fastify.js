// Node's own request and response: measured over HTTP only.
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import fastify from 'fastify'
import { objectSession, SECRET, whenThere } from './visit.js'

const COOKIE = { maxAge: 86_400_000, httpOnly: true, sameSite: 'lax', path: '/', secure: false }

export const bareFastify = () => fastifyApp([], { read: () => 1, write: () => 1 })

export function fastifySessions({ size } = {}) {
  const session = { secret: SECRET, saveUninitialized: false, cookie: COOKIE }
  return fastifyApp([[fastifyCookie], [fastifySession, session]], objectSession(size))
}

/** `read` and `write` return a count, or a promise of one. */
export function fastifyApp(plugins, { read, write }) {
  return {
    async listen() {
      const app = fastify()
      for (const [plugin, options] of plugins) await app.register(plugin, options)
      app.get('/plain', async () => 'plain')
      app.get('/read', async (request) => whenThere(read(request), String))
      app.get('/write', async (request) => whenThere(write(request), String))
      await app.listen({ port: 0, host: '127.0.0.1' })
      return app.server.address().port
    },
  }
}
