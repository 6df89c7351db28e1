import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { oauth } from '../../../examples/oauth/src/app.js'
import { type LocalProvider, startLocalProvider } from '../../../examples/oauth/src/local-provider.js'
import { type Running, serveAt } from './running.js'
import { Visitor } from './visitor.js'

let running: Running
let provider: LocalProvider

beforeAll(async () => {
  running = await serveAt(async (origin) => {
    provider = await startLocalProvider(`${origin}/callback`)
    return oauth({ origin, provider, secret: randomBytes(32).toString('base64url') })
  })
})
afterAll(async () => {
  await running?.stop()
  provider?.close()
})

/** Begins a sign-in, and gives what the browser is sent to the provider with. */
async function begin(visitor: Visitor, fields: Record<string, string> = {}): Promise<URL> {
  const { status, location } = await visitor.post('/sign-in', fields)
  expect(status).toBe(303)
  return new URL(location as string)
}

/** What the visitor does at the provider, in the pages of its own. Gives the path that it sends the visitor back to. */
async function answerOf(address: URL, login: string): Promise<string> {
  const there = new Visitor(address.origin)
  let { location, text } = await there.get(address.href)
  while (!location?.startsWith(running.origin)) {
    const [, action = ''] = text.match(/action="([^"]*)"/) ?? []
    const fields: Record<string, string> = {}
    for (const [, name = '', value = ''] of text.matchAll(/name="([^"]*)"(?: value="([^"]*)")?/g)) fields[name] = value
    const filled = { ...fields, login, password: 'any' }
    ;({ location, text } = await (location === null ? there.post(action, filled) : there.get(location)))
  }
  return location.slice(running.origin.length)
}

it('signs in who comes back, and sends who reloads the answer to the front page', async () => {
  const visitor = new Visitor(running.origin)
  const answer = await answerOf(await begin(visitor, { next: '/?tab=mail' }), 'ada')
  expect((await visitor.get(answer)).location).toBe('/?tab=mail')
  expect((await visitor.get('/')).text).toContain('Hello, ada')
  const { cookie } = visitor
  const reloaded = await visitor.get(answer)
  expect([reloaded.status, reloaded.location, visitor.cookie]).toEqual([303, '/', cookie])
  await visitor.post('/sign-out')
  expect((await visitor.get(answer)).text).toContain('That sign-in is over.')
})

it('signs in with the answers of two tabs, in whichever order they come', async () => {
  const visitor = new Visitor(running.origin)
  const [first, second] = [await begin(visitor, { next: '/?1' }), await begin(visitor, { next: '/?2' })]
  const [older, newer] = [await answerOf(first, 'ada'), await answerOf(second, 'ada')]
  expect([(await visitor.get(older)).location, (await visitor.get(newer)).location]).toEqual(['/?1', '/'])
  expect((await visitor.get('/')).text).toContain('Hello, ada')
})

it('keeps the sign-ins of the last five tabs', async () => {
  const visitor = new Visitor(running.origin)
  const begun: URL[] = []
  for (let tab = 0; tab < 6; tab++) begun.push(await begin(visitor))
  const texts = []
  for (const { searchParams } of begun) {
    const answer = new URLSearchParams({ state: searchParams.get('state') as string, error: 'access_denied' })
    texts.push((await visitor.get(`/callback?${answer}`)).text.match(/role="alert">([^<]*)/)?.[1])
  }
  expect(texts).toEqual(['That sign-in is over. Begin anew.', ...Array(5).fill('You are not signed in.')])
})

it.each(['?x', '?state=another&code=1', '?error=access_denied'])('loses no sign-in to a link to %s', async (search) => {
  const visitor = new Visitor(running.origin)
  const address = await begin(visitor)
  const { cookie } = visitor
  const followed = await visitor.get(`/callback${search}`)
  expect([followed.status, followed.text, visitor.cookie]).toEqual([
    400,
    expect.stringContaining('That sign-in is over.'),
    cookie,
  ])
  expect((await visitor.get(await answerOf(address, 'ada'))).location).toBe('/')
})

it('takes one of two answers that come at the same moment', async () => {
  const visitor = new Visitor(running.origin)
  const { searchParams } = await begin(visitor)
  const answer = new URLSearchParams({
    state: searchParams.get('state') as string,
    iss: provider.issuer,
    code: 'wrong',
  })
  const both = await Promise.all([1, 2].map(() => visitor.get(`/callback?${answer}`)))
  expect(both.map(({ text }) => text.match(/role="alert">([^<]*)/)?.[1]).sort()).toEqual([
    'That sign-in is over. Begin anew.',
    'You are not signed in.',
  ])
})

it('sends the visitor to the provider with a state, a nonce and a challenge that are new each time', async () => {
  const visitor = new Visitor(running.origin)
  const [first, second] = [await begin(visitor), await begin(visitor)]
  expect(first.origin).toBe(provider.issuer)
  expect(first.searchParams.get('code_challenge_method')).toBe('S256')
  for (const name of ['state', 'nonce', 'code_challenge']) {
    expect(first.searchParams.get(name)).toMatch(/^[\w-]{43}$/)
    expect(first.searchParams.get(name)).not.toBe(second.searchParams.get(name))
  }
})

it('keeps the verifier to itself', async () => {
  const visitor = new Visitor(running.origin)
  expect([...(await begin(visitor)).searchParams.keys()].sort()).toEqual(
    [
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'nonce',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ].sort(),
  )
})

it.each([
  ['a code that is not the provider’s', { code: 'a code' }],
  ['no code', {}],
  ['an error', { error: 'access_denied' }],
])('signs nobody in with %s, and the flow is over then', async (_what, changes: Record<string, string>) => {
  const visitor = new Visitor(running.origin)
  const { searchParams } = await begin(visitor, { next: '/' })
  const answer = new URLSearchParams({ state: searchParams.get('state') as string, iss: provider.issuer, ...changes })
  const first = await visitor.get(`/callback?${answer}`)
  expect([first.status, first.text]).toEqual([400, expect.stringContaining('You are not signed in.')])
  const second = await visitor.get(`/callback?${answer}`)
  expect([second.status, second.text]).toEqual([400, expect.stringContaining('That sign-in is over.')])
  expect((await visitor.get('/')).location).toBe('/sign-in?next=%2F')
})

it('knows no answer to a question that another browser has asked', async () => {
  const { searchParams } = await begin(new Visitor(running.origin))
  const answer = await new Visitor(running.origin).get(`/callback?state=${searchParams.get('state')}&code=1`)
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('That sign-in is over.')])
})
