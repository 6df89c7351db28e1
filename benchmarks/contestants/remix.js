import { createCookie } from '@remix-run/cookie'
import { createCookieSessionStorage } from '@remix-run/session/cookie-storage'
import { createMemorySessionStorage } from '@remix-run/session/memory-storage'
import { fetchHandler, newData, SECRET, slowed } from './visit.js'

export function remixMemory(options = {}) {
  const calls = { count: 0 }
  const storage = slowed(createMemorySessionStorage(), ['read', 'save'], { ...options, calls })
  return { fetch: remix(storage, options), calls }
}

export const remixCookie = (options = {}) => ({ fetch: remix(createCookieSessionStorage(), options) })

function remix(storage, { size }) {
  const cookie = createCookie('sid', {
    secrets: [SECRET],
    httpOnly: true,
    secure: true,
    sameSite: 'Lax',
    path: '/',
    maxAge: 86_400,
  })
  const { pad } = newData(size)
  const answer = async (request, use) => {
    const session = await storage.read(await cookie.parse(request.headers.get('cookie')))
    const response = new Response(String(use(session)))
    const value = await storage.save(session)
    if (value !== null) response.headers.append('Set-Cookie', await cookie.serialize(value))
    return response
  }
  return fetchHandler({
    read: (request) => answer(request, (session) => session.get('count') ?? 0),
    write: (request) =>
      answer(request, (session) => {
        const count = (session.get('count') ?? 0) + 1
        if (count === 1) session.set('pad', pad)
        session.set('count', count)
        return count
      }),
  })
}
