import './async-local-storage.js'

import { type WorkStore, workAsyncStorage } from 'next/dist/server/app-render/work-async-storage.external.js'
import {
  type RequestStore,
  workUnitAsyncStorage,
} from 'next/dist/server/app-render/work-unit-async-storage.external.js'
import { createRequestStoreForAPI, synchronizeMutableCookies } from 'next/dist/server/async-storage/request-store.js'
import { NextRequest } from 'next/server.js'

/** One request as Next handles it, by Next's own stores, phase after phase. */
export class Phases {
  readonly request: NextRequest
  /** The `Set-Cookie` lines that Next would send for what was set by its `cookies()`. */
  setCookies: readonly string[] = []
  readonly #store: RequestStore

  /** `more`: headers besides, such as those by which Next tells of what a proxy has set. */
  constructor(cookie = '', more: Record<string, string> = {}) {
    this.request = new NextRequest('https://app.example/', { headers: { cookie, host: 'app.example', ...more } })
    this.#store = createRequestStoreForAPI(
      this.request,
      this.request.nextUrl,
      { tags: [], expirationsByCacheKind: new Map() },
      (lines) => {
        this.setCookies = lines
      },
      undefined as never,
      undefined,
    )
  }

  /** In an action, a route handler or a proxy. */
  act<R>(work: () => Promise<R>): Promise<R> {
    return this.#run('action', work)
  }

  /** In a route handler under `dynamic = 'force-static'`, as `next build` calls it. */
  actForAll<R>(work: () => Promise<R>): Promise<R> {
    return this.#run('action', work, { forceStatic: true })
  }

  /** In the components of the page, with the cookies that the action before it has set. */
  render<R>(work: () => Promise<R>): Promise<R> {
    synchronizeMutableCookies(this.#store)
    return this.#run('render', work)
  }

  #run<R>(phase: RequestStore['phase'], work: () => Promise<R>, more: Partial<WorkStore> = {}): Promise<R> {
    this.#store.phase = phase
    return workAsyncStorage.run({ route: '/', ...more } as WorkStore, () => workUnitAsyncStorage.run(this.#store, work))
  }
}
