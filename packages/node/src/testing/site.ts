import { createServer, type RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach } from 'vitest'
import { secret } from '../../../core/src/testing/secret.js'
import { StagedStore } from '../../../core/src/testing/staged-store.js'
import { type SessionEvent, type SessionHandle, SessionManager, type SessionOptions, sessionOf } from '../index.js'
import { Client } from './client.js'
import { frameworks, listen, listenFastify, type RawHandler, type Running } from './servers.js'

/** What a session of a site holds. */
export interface Data {
  count: number
  user: string
}

/** Sessions over a store that takes its time, and the server of an application that uses them. */
export class Site {
  store: StagedStore = new StagedStore()
  /** What its managers have told. */
  events: SessionEvent[] = []
  #running: Running | undefined

  open(): void {
    this.store = new StagedStore()
    this.store.delay(0, 3)
    this.events = []
  }

  async close(): Promise<void> {
    await this.#running?.close()
    this.#running = undefined
  }

  manager(options: Partial<SessionOptions<Data>> = {}): SessionManager<Data> {
    return new SessionManager<Data>({
      store: this.store,
      secret,
      onEvent: (event) => void this.events.push(event),
      ...options,
    })
  }

  /** What has changed the store, in order. */
  get writes(): string[] {
    return this.store.methods.filter((method) => method !== 'load')
  }

  /** Of these types of events, those that were told, in order. */
  told(...types: SessionEvent['type'][]): string[] {
    return this.events.map(({ type }) => type).filter((type) => types.includes(type))
  }

  /** The first client of an application of Node, Express or Fastify. */
  async serve(application: unknown): Promise<Client> {
    const isListener = (given: unknown): given is RequestListener => typeof given === 'function'
    this.#running = isListener(application)
      ? await listen(createServer(application))
      : await listenFastify(application as FastifyInstance)
    return new Client(this.#running.origin)
  }

  /** The first client of a handler that runs on one of the frameworks, by its name. */
  async serveOn(framework: string, sessions: SessionManager<Data>, handler: RawHandler<Data>): Promise<Client> {
    this.#running = await frameworks[framework]?.<Data>(sessions, handler)
    return new Client(this.#running?.origin ?? '')
  }
}

/** A new one for each test of a file, which is closed after it. */
export function siteOfEachTest(): Site {
  const site = new Site()
  beforeEach(() => site.open())
  afterEach(() => site.close())
  return site
}

/** Somebody who has a session before each test of a file, and the manager that has issued it. */
export class KnownVisitor {
  sessions!: SessionManager<Data>
  id = ''
  cookie = ''

  async signIn(site: Site): Promise<void> {
    this.sessions = site.manager()
    const { id, cookie } = await this.sessions.issue({ count: 1 })
    this.id = id
    this.cookie = cookie
    site.store.forget()
  }

  /** What is stored of the session; `undefined` if it is gone. */
  async count(): Promise<number | undefined> {
    return (await this.sessions.peek(this.id))?.get('count')
  }
}

/** One of this site, whose `siteOfEachTest` comes first. */
export function visitorOfEachTest(site: Site): KnownVisitor {
  const visitor = new KnownVisitor()
  beforeEach(() => visitor.signIn(site))
  return visitor
}

/** The session of a request, of whatever framework. */
export const handleOf = (request: object, as?: string): SessionHandle<Data> => sessionOf<Data>(request, as)
