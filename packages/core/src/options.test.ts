import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager, type SessionOptions } from './index.js'

const secret = 's'.repeat(32)

/** A manager with these options on top of good ones, past the type check as a JavaScript user would. */
const build = (options: object): SessionManager =>
  new SessionManager({ store: new MemoryStore(), secret, ...options } as SessionOptions)

describe('a manager refuses, at once and naming the option,', () => {
  it.each<[string, object, RegExp]>([
    ['no secret [B54]', { secret: undefined }, /secret is missing/],
    ['an empty secret [B54]', { secret: '' }, /secret is too short/],
    ['an empty list of secrets [B61]', { secret: [] }, /secret is missing/],
    ['a secret of 31 bytes [B53]', { secret: 's'.repeat(31) }, /secret is too short/],
    ['a short secret anywhere in the list [B61]', { secret: [secret, 'short'] }, /secret is too short/],
    ['a hole in the list of secrets [B61]', { secret: [secret, undefined] }, /secret is missing/],
    ['a secret that is neither text nor bytes', { secret: 12345 }, /secret must be/],
    ['no store', { store: undefined }, /store is missing/],
    ['an idle timeout of 0 [B119]', { idleTimeout: 0 }, /idleTimeout/],
    ['a negative timeout [B119]', { absoluteTimeout: -1 }, /absoluteTimeout/],
    ['a timeout that is not a number [B28]', { idleTimeout: Number.NaN }, /idleTimeout/],
    ['a timeout without an end', { absoluteTimeout: Number.POSITIVE_INFINITY }, /absoluteTimeout/],
    ['a timeout as text', { idleTimeout: '60' }, /idleTimeout/],
    ['a Max-Age above 400 days [B29]', { idleTimeout: 34_560_001, absoluteTimeout: 34_560_001 }, /400 days/],
    ['a policy that does not exist [B186]', { persistence: 'sometimes' }, /persistence must be one of/],
    ['an answer to bad data that does not exist [B186]', { onInvalidData: 'ignore' }, /onInvalidData must be one of/],
  ])('%s', (_name, options, message) => {
    expect(() => build(options)).toThrow(TypeError)
    expect(() => build(options)).toThrow(message)
  })
})

describe('a manager takes', () => {
  it('a secret of 32 bytes that are fewer characters, since bytes count [B53]', () => {
    expect(() => build({ secret: 'é'.repeat(16) })).not.toThrow()
  })

  it('a Max-Age of 400 days to the second [B29]', () => {
    expect(() => build({ idleTimeout: 34_560_000, absoluteTimeout: 34_560_000 })).not.toThrow()
  })

  it('an absolute timeout above 400 days where the idle timeout bounds the Max-Age [B29]', () => {
    expect(() => build({ absoluteTimeout: 40_000_000 })).not.toThrow()
  })

  it('any finite timeout where no Max-Age is sent', () => {
    const options = { idleTimeout: 40_000_000, absoluteTimeout: 40_000_000, cookie: { persistent: false } }
    expect(() => build(options)).not.toThrow()
  })
})

it('a message about a secret does not show it [B237]', () => {
  expect(() => build({ secret: 'hunter2' })).toThrow(expect.not.stringContaining('hunter2'))
})

it('bytes that the caller changes afterwards do not change the secret [B55]', async () => {
  const bytes = new TextEncoder().encode(secret)
  const store = new MemoryStore()
  const sessions = build({ store, secret: bytes })
  bytes.fill(0)
  const { cookie } = await sessions.issue({ user: 'ada' })
  const fromText = build({ store, secret })
  const read = await fromText.read(new Request('https://example.com/', { headers: { cookie } }))
  expect(read.get('user')).toBe('ada')
})
