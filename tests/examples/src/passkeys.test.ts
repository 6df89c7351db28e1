import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { passkeys } from '../../../examples/passkeys/src/app.js'
import { type Running, serveAt } from './running.js'
import { Visitor } from './visitor.js'

let running: Running

beforeAll(async () => {
  running = await serveAt((origin) => passkeys({ origin, secret: randomBytes(32).toString('base64url') }))
})
afterAll(() => running?.stop())

const visitor = (): Visitor => new Visitor(running.origin)
const problemOf = ({ text }: { text: string }): string => JSON.parse(text).problem

it('asks for a passkey with a challenge that is new each time, and that the page does not choose', async () => {
  const here = visitor()
  const challenges = []
  for (const path of ['/sign-in/options', '/sign-in/options', '/sign-up/options']) {
    const { text } = await here.postJson(path, { name: 'ada', challenge: 'mine' })
    challenges.push(JSON.parse(text).challenge)
  }
  expect(new Set(challenges).size).toBe(3)
  for (const challenge of challenges) expect(challenge).toMatch(/^[\w-]{43}$/)
})

it.each(['/sign-in', '/sign-up'])('takes no answer at %s to what it has not asked', async (path) => {
  const answer = await visitor().postJson(path, { id: 'some', response: {} })
  expect([answer.status, problemOf(answer)]).toEqual([400, 'That took too long. Begin anew.'])
})

it('takes one answer to a challenge, and be it a wrong one', async () => {
  const here = visitor()
  await here.postJson('/sign-up/options', { name: 'ada' })
  expect(problemOf(await here.postJson('/sign-up', { id: 'some', response: {} }))).toBe('That passkey is not right.')
  expect(problemOf(await here.postJson('/sign-up', { id: 'some', response: {} }))).toBe(
    'That took too long. Begin anew.',
  )
})

it('takes one of two answers that come at the same moment', async () => {
  const origin = 'http://localhost:3000'
  const app = passkeys({ origin, secret: randomBytes(32).toString('base64url') })
  let cookie = ''
  const post = async (path: string, body: string | ReadableStream): Promise<Response> => {
    const headers = { origin, cookie, 'content-type': 'application/json' }
    const init: RequestInit & { duplex: string } = { method: 'POST', headers, body, duplex: 'half' }
    return app.fetch(new Request(origin + path, init))
  }
  const asked = await post('/sign-up/options', '{"name":"ada"}')
  cookie = asked.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const answer = '{"id":"some","response":{}}'

  // The first one is asked for its body when it has the challenge, and goes on when the second one has its answer.
  let end = (): void => {}
  let reached = (): void => {}
  const isReached = new Promise<void>((resolve) => {
    reached = resolve
  })
  const held = new ReadableStream(
    {
      pull(controller) {
        reached()
        return new Promise<void>((resolve) => {
          end = () => {
            controller.enqueue(new TextEncoder().encode(answer))
            controller.close()
            resolve()
          }
        })
      },
    },
    { highWaterMark: 0 },
  )
  const first = post('/sign-up', held)
  await isReached
  const second = await post('/sign-up', answer)
  end()
  const problems = [await first, second].map(async (response) => problemOf({ text: await response.text() }))
  expect(await Promise.all(problems)).toEqual(['That passkey is not right.', 'That took too long. Begin anew.'])
})

it('takes no answer to a sign-in for one to a sign-up', async () => {
  const here = visitor()
  await here.postJson('/sign-in/options', {})
  expect((await here.postJson('/sign-up', { id: 'some', response: {} })).status).toBe(400)
  await here.postJson('/sign-up/options', { name: 'ada' })
  expect((await here.postJson('/sign-in', { id: 'some', response: {} })).status).toBe(400)
})

it.each(['', 'a', '<b>', 'x'.repeat(25), 7, undefined])('refuses the name %s', async (name) => {
  expect((await visitor().postJson('/sign-up/options', { name })).status).toBe(422)
})

it.each(['/sign-up/options', '/sign-up', '/sign-in'])('refuses at %s what is no JSON', async (path) => {
  const headers = { 'content-type': 'application/json', origin: running.origin }
  for (const body of ['{', 'null', '"text"']) {
    const { status } = await fetch(running.origin + path, { method: 'POST', headers, body })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
  }
})
