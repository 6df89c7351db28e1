import { getIronSession } from 'iron-session'
import { fetchHandler, newData, SECRET } from './visit.js'

/** The session is in the cookie, encrypted. */
export function ironSession({ size } = {}) {
  const options = { password: SECRET, cookieName: 'sid', ttl: 86_400 }
  const { pad } = newData(size)
  const answer = async (request, use) => {
    const headers = new Headers()
    const session = await getIronSession(request, { headers }, options)
    return new Response(String(await use(session)), { headers })
  }
  return {
    fetch: fetchHandler({
      read: (request) => answer(request, (session) => session.count ?? 0),
      write: (request) =>
        answer(request, async (session) => {
          session.pad ??= pad
          session.count = (session.count ?? 0) + 1
          await session.save()
          return session.count
        }),
    }),
  }
}
