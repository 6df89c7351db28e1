import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fromCookieSession,
  fromExpressSession,
  fromFastifySecureSession,
  fromFastifySession,
  fromH3Session,
  fromHonoSession,
  fromHonoSessions,
  fromIronSession,
  fromRemixSession,
} from './index.js'
import { NewApp } from './testing/new-app.js'

const secret = 'a secret that is long enough for all of them'
const records = {
  kind: 'records',
  get: () => Promise.reject(new Error('no store is asked')),
  destroy: () => Promise.reject(new Error('no store is asked')),
} as const

const libraries = {
  'connect.sid': fromExpressSession({ secret, store: records }),
  session: fromCookieSession({ keys: [secret] }),
  iron: fromIronSession({ password: secret, cookieName: 'iron' }),
  sessions: fromHonoSessions({ encryptionKey: secret, sessionCookieName: 'sessions' }),
  sid: fromHonoSession({ secret }),
  sessionId: fromFastifySession({ secret, store: records }),
  secure: fromFastifySecureSession({ key: new TextEncoder().encode(secret.slice(0, 32)), cookieName: 'secure' }),
  __session: fromRemixSession({ cookie: { secrets: [secret] } }),
  h3: fromH3Session({ password: secret }),
}

const names = [...Object.keys(libraries), 'session.sig', 'iron.0', 'iron.1', 'h3.1', 'h3.2']

/** What is a little like a cookie of theirs, and what is not at all. */
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.base64String(),
  fc.stringMatching(/^(s:|s%3A)?[\w-]{1,20}\.[\w/+-]{1,50}={0,2}$/),
  fc.stringMatching(
    /^Fe26\.2\*\w?\*[\da-f]{0,64}\*[\w-]{0,24}\*[\w-]{0,60}\*\d{0,13}\*[\da-f]{0,64}\*[\w-]{0,43}(~\d)?$/,
  ),
  fc.stringMatching(/^__chunked__\d{0,4}$/),
  fc.stringMatching(/^eyJ[\w-]{0,40}\.[\w-]{0,10}\.[\w-]{0,20}\.[\w-]{0,60}\.[\w-]{0,30}$/),
  fc.tuple(fc.base64String(), fc.base64String()).map((parts) => parts.join(';')),
)

/** A `Cookie` header can't have these. */
const sendable = (text: string): string => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')

describe('whatever cookies come', () => {
  it('none that the library has not made brings anything, asks a store, or is an error', async () => {
    const app = new NewApp(Object.values(libraries))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 12 }), async (cookies) => {
        const header = sendable(cookies.map((pair) => pair.join('=')).join('; '))
        expect(await app.see(header)).toEqual({})
      }),
      { numRuns: 300 },
    )
    expect(await app.count()).toBe(0)
    const reasons = new Set(app.rejections())
    expect(reasons).toContain('malformed')
    for (const reason of reasons) expect(['malformed', 'signature', 'expired']).toContain(reason)
  }, 60_000)
})
