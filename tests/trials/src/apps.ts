import { type SessionEvent, SessionManager, type SessionStore } from '@fetch-sessions/fetch'
import type { HttpBindings } from '@hono/node-server'
import { trialApp, type Visit } from './app.js'
import { cookieApp } from './cookie-app.js'
import { releaseApp } from './deployment-app.js'
import { exclusiveApp } from './exclusive-app.js'
import { outageApp } from './outage-app.js'
import { signInApp } from './sign-in-app.js'
import type { Place } from './stores.js'

/** What a server process serves. */
export type App = (request: Request, env: HttpBindings) => Promise<Response>

/** What a server process counts, and tells when it is asked. */
export type Counts = Record<'conflicts' | 'requests' | 'lookUps', number>

/** What an application of a trial is made of. */
export interface Setting {
  store: SessionStore
  place: Place
  counts: Counts
  /** Tells `counts`. */
  onEvent(event: SessionEvent): void
}

/** The same in all processes of a trial. */
export const SECRET = 'the same in all processes of a trial'

/** The applications of the trials. */
export const apps: Record<AppName, (setting: Setting) => App> = {
  visits: ({ store, onEvent }: Setting): App =>
    trialApp(new SessionManager<Visit>({ store, secret: SECRET, cookie: { secure: false }, storeTimeout: 1, onEvent })),
  exclusive: exclusiveApp,
  outage: outageApp,
  cookie: cookieApp,
  'sign-in': signInApp,
  'release 1': (setting: Setting): App => releaseApp(1, setting),
  'release 1, strict': (setting: Setting): App => releaseApp('1, strict', setting),
  'release 2': (setting: Setting): App => releaseApp(2, setting),
}

export type AppName =
  | 'visits'
  | 'exclusive'
  | 'outage'
  | 'cookie'
  | 'sign-in'
  | 'release 1'
  | 'release 1, strict'
  | 'release 2'
