import { describe, expect, it } from 'vitest'
import { canStartRedis, RedisServer } from '../../../packages/redis/test/redis-server.js'
import { Browser } from './browser.js'
import { newName } from './engines.js'
import type { Page } from './outage-app.js'
import { findPostgresPrograms, PostgresServer } from './postgres-server.js'
import { serversAt } from './trial.js'

const VISITORS = 6

const engines = {
  Redis: async () =>
    (await canStartRedis()) ? RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always') : undefined,
  PostgreSQL: async () => ((await findPostgresPrograms()) ? PostgresServer.start() : undefined),
}

type Server = RedisServer | PostgresServer

const faults: Record<string, [start: (server: Server) => unknown, end: (server: Server) => unknown]> = {
  'is killed': [(server) => server.kill(), (server) => server.restart()],
  hangs: [(server) => server.pause(), (server) => server.resume()],
}

describe.for(['Redis', 'PostgreSQL'] as const)("with onStoreFailure: 'anonymous', while %s", (store) => {
  it.for(Object.entries(faults))(
    '%s, pages are shown to nobody in particular, nothing is written, and afterwards everybody is signed in',
    async ([fault, [start, end]], { skip }) => {
      const engine = (await engines[store]()) ?? skip(`${store} can't be started here`)
      const place = { store, address: engine.url, name: newName() }
      const { urls } = await serversAt(engine, place, ['outage', 'outage', 'outage'])
      const visitors: { browser: Browser; cookie: string; page: Page }[] = []
      for (let i = 0; i < VISITORS; i++) {
        const browser = new Browser()
        const { body } = await browser.send<Page>(urls[i % 3] as string, '/sign-in')
        visitors.push({ browser, cookie: browser.cookie as string, page: body as Page })
      }

      await start(engine)
      const counts = { shown: 0, failed: 0 }
      await Promise.all(
        visitors.flatMap(({ browser, page }) =>
          urls.map(async (url) => {
            for (let n = 0; n < 2; n++) {
              const read = await browser.send<Page>(url, '/')
              expect([read.status, read.setCookie]).toEqual([200, undefined])
              expect(read.body).toMatchObject({ isDegraded: true, keys: [] })
              expect(read.body?.id).not.toBe(page.id)
              counts.shown++
              const written = await browser.send<Page>(url, '/count')
              expect([written.status, written.text, written.setCookie]).toEqual([
                500,
                'Internal Server Error',
                undefined,
              ])
              counts.failed++
            }
          }),
        ),
      )
      // Who brings no cookie has nothing that could be out of reach.
      const stranger = await new Browser().send<Page>(urls[0] as string, '/')
      expect(stranger.body).toMatchObject({ isDegraded: false, keys: [] })

      await end(engine)
      for (const { browser, cookie, page } of visitors) {
        for (const url of urls) {
          await expect
            .poll(async () => (await browser.send<Page>(url, '/')).body, { timeout: 30_000 })
            .toMatchObject({ id: page.id, isDegraded: false, user: 'ada' })
        }
        const { body } = await browser.send<Page>(urls[1] as string, '/count')
        // An engine that hung may have done what nobody waited for any more.
        const most = fault === 'hangs' ? 2 + 2 * urls.length : 2
        expect(body?.count).toBeGreaterThanOrEqual(2)
        expect(body?.count).toBeLessThanOrEqual(most)
        expect(browser.cookie).toBe(cookie)
      }
      console.info(
        `${store} ${fault}: ${counts.shown} pages shown without a session, ${counts.failed} writes failed, ${VISITORS} of ${VISITORS} visitors signed in afterwards`,
      )
    },
  )
})
