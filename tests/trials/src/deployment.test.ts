import { describe, expect, it } from 'vitest'
import type { AppName } from './apps.js'
import { Browser } from './browser.js'
import type { Known } from './deployment-app.js'
import { serversFor } from './trial.js'

const VISITORS = 10
const VISITS = 12
/** How many requests of a visitor are under way at once. */
const AT_ONCE = 4

describe.for(['Redis', 'PostgreSQL'] as const)('two releases of an application that serve one %s', (store) => {
  it('lose nothing of what visitors do, who come to the one and the other', async ({ skip }) => {
    const apps: AppName[] = ['release 1', 'release 2', 'release 1']
    const servers = (await serversFor(store, apps)) ?? skip(`${store} is missing`)
    const sum = { 1: 0, 2: 0 }
    await Promise.all(
      Array.from({ length: VISITORS }, async (_, i) => {
        const anyUrl = () => servers.urls[Math.floor(Math.random() * 3)] as string
        const browser = new Browser()
        const counts = { 1: 0, 2: 0 }
        const count = (answer: { status: number; body: Known | undefined }) => {
          expect(answer.status).toBe(200)
          counts[answer.body?.release as 1 | 2]++
        }
        // Most of them come from before the deployment.
        count(await browser.send<Known>(servers.urls[i === 0 ? 1 : 0] as string, '/sign-in'))
        for (let visits = 0; visits < VISITS; visits += AT_ONCE) {
          const answers = Array.from({ length: AT_ONCE }, () => browser.send<Known>(anyUrl(), '/visit'))
          for (const answer of await Promise.all(answers)) count(answer)
        }
        // Both of them see all of it, whoever asks first; the record has got as far as release 2.
        count(await browser.send<Known>(servers.urls[1] as string, '/visit'))
        const [by1, by2] = await Promise.all(
          [0, 1].map((at) => browser.send<Known>(servers.urls[at] as string, '/look')),
        )
        const all = { visits: counts[1] + counts[2], ones: counts[1], twos: counts[2] }
        expect(by2?.body).toMatchObject({ ...all, given: 'Ada', family: 'Lovelace' })
        expect(by1?.body).toMatchObject({ ...all, given: 'Ada', family: 'Lovelace' })
        sum[1] += counts[1]
        sum[2] += counts[2]
      }),
    )
    const { conflicts } = await servers.counts()
    expect(sum[1] + sum[2]).toBe(VISITORS * (VISITS + 2))
    console.info(
      `${store}: ${sum[1]} visits at release 1 and ${sum[2]} at release 2, ${conflicts} conflicts, all of them kept in ${VISITORS} sessions`,
    )
  })

  it('never damage a record of the newer one, which the older one refuses', async ({ skip }) => {
    const apps: AppName[] = ['release 1, strict', 'release 2']
    const servers = (await serversFor(store, apps)) ?? skip(`${store} is missing`)
    const [one, two] = servers.urls as [string, string]
    const counts = { refused: 0, visits: 0 }
    await Promise.all(
      Array.from({ length: VISITORS }, async () => {
        const browser = new Browser()
        expect((await browser.send<Known>(one, '/sign-in')).body).toMatchObject({ name: 'Ada Lovelace', visits: 1 })
        expect((await browser.send<Known>(one, '/visit')).body).toMatchObject({ name: 'Ada Lovelace', visits: 2 })
        const cookie = browser.cookie
        // What is only read is not written, so the older release can go on.
        expect((await browser.send<Known>(two, '/look')).body).toMatchObject({ given: 'Ada', visits: 2 })
        expect((await browser.send<Known>(one, '/visit')).body).toMatchObject({ name: 'Ada Lovelace', visits: 3 })
        for (let visits = 4; visits < 8; visits++) {
          const { body } = await browser.send<Known>(two, '/visit')
          expect(body).toMatchObject({ given: 'Ada', family: 'Lovelace', visits, ones: 3, twos: visits - 3 })
          counts.visits++
          for (const path of ['/look', '/visit']) {
            const { status, text, setCookie } = await browser.send(one, path)
            expect([status, text, setCookie]).toEqual([500, 'Internal Server Error', undefined])
            counts.refused++
          }
        }
        expect(browser.cookie).toBe(cookie)
        const { body } = await browser.send<Known>(two, '/look')
        expect(body).toMatchObject({ given: 'Ada', family: 'Lovelace', visits: 7, ones: 3, twos: 4 })
      }),
    )
    console.info(
      `${store}: ${counts.refused} requests refused by release 1, ${counts.visits} visits at release 2, none of them lost in ${VISITORS} sessions`,
    )
  })
})
