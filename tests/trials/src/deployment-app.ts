import { SessionManager, type SessionOptions, withSession } from '@fetch-sessions/fetch'
import { type App, SECRET, type Setting } from './apps.js'

/** What a release knows of the session. */
export interface Known {
  release: 1 | 2
  id: string
  /** Of release 1 alone: one text. */
  name?: string | undefined
  /** Of release 2 alone: its parts. */
  given?: string | undefined
  family?: string | undefined
  /** Written by each of them. */
  visits: number
  /** Written by release 1 alone, which release 2 leaves alone. */
  ones: number
  /** Written by release 2 alone, which release 1 does not know of. */
  twos: number
}

type Data = Omit<Known, 'release' | 'id'>

/** Release 2 keeps a name in two parts. */
const migrations = [
  ({ name = '', ...data }: Record<string, unknown>): Record<string, unknown> => {
    const [given, family] = String(name).split(' ')
    return { ...data, given, family }
  },
]

/** Data without a name is not what this release can work with. */
const strict: NonNullable<SessionOptions<Data>['schema']> = {
  '~standard': {
    version: 1,
    vendor: 'trial',
    validate: (value) =>
      typeof (value as Data).name === 'string'
        ? { value: value as Data }
        : { issues: [{ message: 'must be there', path: ['name'] }] },
  },
}

/** Two releases of one application. The strict one refuses what it does not know; the other one makes do without it. */
export function releaseApp(release: 1 | '1, strict' | 2, { store, onEvent }: Setting): App {
  const sessions = new SessionManager<Data>({
    store,
    secret: SECRET,
    cookie: { secure: false },
    storeTimeout: 5,
    onEvent,
    ...(release === 2 && { migrations }),
    ...(release === '1, strict' && { schema: strict }),
  })
  const number = release === 2 ? 2 : 1
  return withSession(async (request, handle) => {
    const { pathname } = new URL(request.url)
    const session = await handle.write()
    if (pathname === '/sign-in') {
      if (number === 1) session.set('name', 'Ada Lovelace')
      else session.set('given', 'Ada').set('family', 'Lovelace')
    }
    if (pathname === '/sign-in' || (pathname === '/visit' && !session.isNew)) {
      session.update('visits', (visits = 0) => visits + 1)
      session.update(number === 1 ? 'ones' : 'twos', (own = 0) => own + 1)
    }
    if (session.isNew && pathname !== '/sign-in') return new Response('Signed out', { status: 401 })
    await handle.save()
    return Response.json({
      release: number,
      id: session.id,
      name: session.get('name'),
      given: session.get('given'),
      family: session.get('family'),
      visits: session.get('visits') ?? 0,
      ones: session.get('ones') ?? 0,
      twos: session.get('twos') ?? 0,
    } satisfies Known)
  }, sessions)
}
