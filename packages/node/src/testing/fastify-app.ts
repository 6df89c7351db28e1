import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach } from 'vitest'
import type { SessionManager } from '../index.js'
import type { Data, Site } from './site.js'

/** What each test of a file begins with. */
export interface FastifyApp {
  readonly app: FastifyInstance
  readonly sessions: SessionManager<Data>
}

/** An application and a manager of this site, new before each test, and closed after it. */
export function fastifyOfEachTest(site: Site, take: (made: FastifyApp) => void): void {
  let app: FastifyInstance
  beforeEach(() => {
    app = fastify({ forceCloseConnections: true })
    take({ app, sessions: site.manager() })
  })
  afterEach(() => app.close())
}
