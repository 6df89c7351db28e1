// The frameworks without sessions: what the others are compared with.
import { Hono } from 'hono'
import { AutoRouter } from 'itty-router'
import { fetchHandler, SECRET } from './visit.js'

export function bareFetch() {
  const answer = () => new Response('1')
  return { fetch: fetchHandler({ read: answer, write: answer }) }
}

export function bareHono({ middleware = [] } = {}) {
  const app = new Hono()
  for (const handler of middleware) app.use(handler)
  app.get('/plain', (c) => c.text('plain'))
  app.get('/read', (c) => c.text('1'))
  app.get('/write', (c) => c.text('1'))
  return { fetch: app.fetch }
}

export function emptyHono() {
  return bareHono({ middleware: [async (_c, next) => next()] })
}

export function bareIttyRouter() {
  const router = AutoRouter()
  router.get('/plain', () => new Response('plain'))
  router.get('/read', () => new Response('1'))
  router.get('/write', () => new Response('1'))
  return { fetch: router.fetch }
}

/** Hono, and one HMAC with WebCrypto: a yardstick, no sessions. */
export function hmacHono() {
  const bytes = new TextEncoder().encode(SECRET)
  const key = crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const answer = async (c) => {
    await crypto.subtle.sign('HMAC', await key, bytes)
    return c.text('1')
  }
  const app = new Hono().get('/plain', answer).get('/read', answer).get('/write', answer)
  return { fetch: app.fetch }
}
