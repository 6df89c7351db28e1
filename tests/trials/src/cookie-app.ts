import { CookieStore, SessionManager, type SessionStore } from '@fetch-sessions/fetch'
import { trialApp, type Visit } from './app.js'
import { type App, SECRET, type Setting } from './apps.js'

/** Seconds. */
export const MAX_STALENESS = 1

/** The application of the trials with its sessions in their cookies. Each look-up in the store of revocations is counted. */
export function cookieApp({ store, counts, onEvent }: Setting): App {
  const revocations: SessionStore = {
    load(id) {
      counts.lookUps++
      return store.load(id)
    },
    create: (id, record) => store.create(id, record),
    update: (id, record) => store.update(id, record),
    touch: (id, expiresAt, version) => store.touch(id, expiresAt, version),
    delete: (id) => store.delete(id),
  }
  return trialApp(
    new SessionManager<Visit>({
      store: new CookieStore({ revocations, maxStaleness: MAX_STALENESS }),
      secret: SECRET,
      cookie: { secure: false },
      storeTimeout: 5,
      onEvent,
    }),
  )
}
