import { SessionManager, type SessionStore, withSession } from '@fetch-sessions/fetch'
import { type App, SECRET, type Setting } from './apps.js'

/** What is told of the session. */
export interface Shown {
  id: string
  user: string | undefined
  cart: string | undefined
  /** The names of what parallel requests have written. */
  written: string[]
}

type Data = { user: string; cart: string } & Record<`write ${string}`, string>

/** How long a call of the store takes at most beyond its own time, before it and after it, in milliseconds. */
const MAX_DELAY = 8

/** An application with sign-in, whose handlers take the session before or after what they have to do. */
export function signInApp({ store, onEvent }: Setting): App {
  const sessions = new SessionManager<Data>({
    store: slow(store),
    secret: SECRET,
    cookie: { secure: false },
    storeTimeout: 10,
    onEvent,
  })
  const respond = withSession(async (request, handle) => {
    const { pathname, searchParams } = new URL(request.url)
    const pause = () => sleep(Number(searchParams.get('ms')))
    if (searchParams.get('when') === 'late') await pause()
    const writable = pathname === '/' ? undefined : await handle.write()
    const session = writable ?? (await handle.read())
    if (searchParams.get('when') === 'early') await pause()
    if (pathname === '/fill-cart') writable?.set('cart', 'a book')
    if (pathname === '/write') writable?.set(`write ${searchParams.get('name')}`, 'x')
    if (pathname === '/sign-in') {
      writable?.regenerate()
      writable?.set('user', searchParams.get('user') ?? '')
    }
    if (pathname === '/rotate') writable?.regenerate({ grace: 10 })
    if (pathname === '/sign-out') {
      writable?.destroy()
      return new Response('null')
    }
    return Response.json({
      id: session.id,
      user: session.get('user'),
      cart: session.get('cart'),
      written: session.keys().filter((key) => key.startsWith('write ')),
    } satisfies Shown)
  }, sessions)
  return async (request, { outgoing }) => {
    const response = await respond(request)
    // All is done, and the visitor never hears of it.
    if (new URL(request.url).searchParams.has('lose')) outgoing.destroy()
    return response
  }
}

function slow(store: SessionStore): SessionStore {
  const delayed =
    <Values extends unknown[], Answer>(call: (...values: Values) => Answer) =>
    async (...values: Values): Promise<Awaited<Answer>> => {
      await sleep(Math.random() * MAX_DELAY)
      const answer = await call.apply(store, values)
      await sleep(Math.random() * MAX_DELAY)
      return answer
    }
  return {
    load: delayed(store.load),
    create: delayed(store.create),
    update: delayed(store.update),
    touch: delayed(store.touch),
    delete: delayed(store.delete),
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
