// Node's own request and response: measured over HTTP only.
import express from 'express'
import expressSession from 'express-session'
import { objectSession, SECRET, whenThere } from './visit.js'

const COOKIE = { maxAge: 86_400_000, httpOnly: true, sameSite: 'lax', path: '/' }

export const bareExpress = () => expressApp([], { read: () => 1, write: () => 1 })

export function expressSessions({ size, store } = {}) {
  const middleware = expressSession({ secret: SECRET, resave: false, saveUninitialized: false, cookie: COOKIE, store })
  return expressApp([middleware], objectSession(size))
}

/** `read` and `write` return a count, or a promise of one. */
export function expressApp(middleware, { read, write }) {
  const send = (response, count) => whenThere(count, (count) => response.type('text').send(String(count)))
  const app = express()
  for (const handler of middleware) app.use(handler)
  app.get('/plain', (_request, response) => response.type('text').send('plain'))
  app.get('/read', (request, response) => send(response, read(request)))
  app.get('/write', (request, response) => send(response, write(request)))
  return {
    listen: () =>
      new Promise((resolve) => {
        const server = app.listen(0, '127.0.0.1', () => resolve(server.address().port))
      }),
  }
}
