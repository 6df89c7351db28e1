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
  ['another state', { state: 'another', code: 'a code' }],
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
