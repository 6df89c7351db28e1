import { describe, expect, it } from 'vitest'
import type { AppName } from './apps.js'
import { Browser } from './browser.js'
import type { Shown } from './sign-in-app.js'
import { serversFor } from './trial.js'

const APPS: AppName[] = ['sign-in', 'sign-in', 'sign-in']

const ROUNDS = 50
/** How many rounds are under way at once. */
const LANES = 10
const WRITES = 5
/** How long a handler takes at most, and how far apart requests of one moment are sent, in milliseconds. */
const WORK = 30
const APART = 15

/** When the parallel requests are sent. */
const moments = ['during', 'just after', 'during a double click on'] as const
const whens = ['early', 'late'] as const
const cases = moments.flatMap((moment) => whens.map((when) => [moment, when] as const))

describe.for(['Redis', 'PostgreSQL'] as const)('in %s, with a store that takes its time', (store) => {
  it.for(cases)(
    `${WRITES} requests that write %s a sign-in, with the session taken %s, leave the visitor signed in`,
    async ([moment, when], { skip }) => {
      const { urls } = (await serversFor(store, APPS)) ?? skip(`${store} is missing`)
      const anyUrl = () => urls[Math.floor(Math.random() * urls.length)] as string
      const counts = { signedIn: 0, opened: 0, tried: 0, last: 0 }

      await inLanes(async () => {
        // What the attacker has planted is a session of its own.
        const attacker = new Browser()
        await attacker.send(anyUrl(), '/fill-cart')
        const planted = attacker.cookie as string
        const visitor = new Browser(planted)
        const signIn = () => visitor.send<Shown>(anyUrl(), `/sign-in?user=ada&when=${when}&ms=${upTo(WORK)}`, planted)
        const write = (browser: Browser, name: string) =>
          browser.send<Shown>(anyUrl(), `/write?name=${name}&when=${when}&ms=${upTo(WORK)}`, planted)

        let last = ''
        const arrives = async <Answer>(name: string, answer: Promise<Answer>): Promise<Answer> => {
          const arrived = await answer
          last = name
          return arrived
        }
        const signIns = Array.from({ length: moment === 'during a double click on' ? 2 : 1 }, () =>
          apart(() => arrives('sign-in', signIn())),
        )
        if (moment === 'just after') await signIns[0]
        const answers = await Promise.all([
          ...signIns,
          ...Array.from({ length: WRITES }, (_, i) => apart(() => arrives('write', write(visitor, `${i}`)))),
          // The attacker is there at the same time.
          apart(() => write(attacker, 'evil')),
          apart(() => attacker.send<Shown>(anyUrl(), '/', planted)),
        ])
        expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
        if (last === 'write') counts.last++

        const { body } = await visitor.send<Shown>(anyUrl(), '/')
        expect(body).toMatchObject({ user: 'ada' })
        if (signIns.length === 1) expect(body?.cart).toBe('a book')
        counts.signedIn++

        const [seen] = answers.slice(-1)
        expect(seen?.body?.user).toBeUndefined()
        for (const cookie of new Set([planted, attacker.cookie])) {
          const [opened, written] = [new Browser(cookie), new Browser(cookie)]
          const shown = await opened.send<Shown>(anyUrl(), '/')
          expect(shown.body).toMatchObject({ written: [] })
          expect(shown.body?.user).toBeUndefined()
          expect(shown.body?.cart).toBeUndefined()
          await written.send(anyUrl(), '/write?name=evil')
          counts.tried += 2
        }
        // Neither does a write of the attacker's reach the visitor.
        const { body: afterwards } = await visitor.send<Shown>(anyUrl(), '/')
        expect(afterwards).toMatchObject({ id: body?.id, user: 'ada', written: body?.written })
      })

      expect(counts.signedIn).toBe(ROUNDS)
      console.info(
        `${store}, ${moment} a sign-in, ${when}: ${counts.signedIn} of ${ROUNDS} signed in, a write’s answer was the last in ${counts.last}; the planted id opened nothing in ${counts.tried} tries`,
      )
    },
  )

  it('an answer that is lost is made good by the next request, within the grace', async ({ skip }) => {
    const { urls } = (await serversFor(store, APPS)) ?? skip(`${store} is missing`)
    const anyUrl = () => urls[Math.floor(Math.random() * urls.length)] as string
    let written = 0
    await inLanes(async () => {
      const visitor = new Browser()
      await visitor.send(anyUrl(), '/fill-cart')
      await visitor.send(anyUrl(), '/sign-in?user=ada')
      const old = visitor.cookie as string
      const lost = visitor.send(anyUrl(), '/rotate?lose').catch(() => 'no answer')
      expect(await lost).toBe('no answer')
      expect(visitor.cookie).toBe(old)

      // Several requests follow with the old cookie, and each of their answers repeats the new one.
      const answers = await Promise.all([0, 1, 2].map((i) => visitor.send<Shown>(anyUrl(), `/write?name=${i}`, old)))
      expect(answers.map(({ body }) => body?.user)).toEqual(['ada', 'ada', 'ada'])
      const cookies = new Set(answers.map(({ setCookie }) => setCookie?.split(';')[0]))
      expect(cookies).toEqual(new Set([visitor.cookie]))
      expect(cookies).not.toContain(old)
      const { body } = await visitor.send<Shown>(anyUrl(), '/')
      expect(body).toMatchObject({ user: 'ada', cart: 'a book' })
      expect(body?.written.sort()).toEqual(['write 0', 'write 1', 'write 2'])
      written += body?.written.length ?? 0

      // Who signs out ends both ways.
      await visitor.send(anyUrl(), '/sign-out')
      const after = await new Browser(old).send<Shown>(anyUrl(), '/')
      expect(after.body?.user).toBeUndefined()
    })
    expect(written).toBe(3 * ROUNDS)
    console.info(`${store}: ${ROUNDS} lost answers to a rotation made good, ${written} writes with the old cookie kept`)
  })
})

/** Each round once, some of them at a time. */
async function inLanes(round: () => Promise<void>): Promise<void> {
  let left = ROUNDS
  const lane = async () => {
    while (left-- > 0) await round()
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

const upTo = (limit: number) => Math.floor(Math.random() * limit)

async function apart<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  await new Promise((resolve) => setTimeout(resolve, upTo(APART)))
  return send()
}
