import { createServer, type RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach } from 'vitest'
import { secret } from '../../../core/src/testing/secret.js'
import { StagedStore } from '../../../core/src/testing/staged-store.js'
import { type SessionEvent, type SessionHandle, SessionManager, type SessionOptions, sessionOf } from '../index.js'
import { Client } from './client.js'
import { listen, listenFastify, type Running } from './servers.js'

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
}

/** A new one for each test of a file, which is closed after it. */
export function siteOfEachTest(): Site {
  const site = new Site()
  beforeEach(() => site.open())
  afterEach(() => site.close())
  return site
}

/** The session of a request, of whatever framework. */
export const handleOf = (request: object, as?: string): SessionHandle<Data> => sessionOf<Data>(request, as)
