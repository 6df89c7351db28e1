import { SessionManager, withSession } from '@fetch-sessions/fetch'
import { type App, SECRET, type Setting } from './apps.js'

/** What a page shows of the session. */
export interface Page {
  id: string
  isDegraded: boolean
  keys: string[]
  user: string | undefined
  count: number | undefined
}

interface Data {
  user: string
  count: number
}

/** An application whose pages are shown although the store is down: to nobody in particular. */
export function outageApp({ store, onEvent }: Setting): App {
  const sessions = new SessionManager<Data>({
    store,
    secret: SECRET,
    cookie: { secure: false },
    storeTimeout: 1,
    onStoreFailure: 'anonymous',
    onEvent,
  })
  return withSession(async (request, handle) => {
    const { pathname } = new URL(request.url)
    if (pathname !== '/') {
      const session = await handle.write()
      if (pathname === '/sign-in') session.set('user', 'ada')
      session.update('count', (count = 0) => count + 1)
      await handle.save()
    }
    const session = await handle.read()
    return Response.json({
      id: session.id,
      isDegraded: session.isDegraded,
      keys: session.keys(),
      user: session.get('user'),
      count: session.get('count'),
    } satisfies Page)
  }, sessions)
}
