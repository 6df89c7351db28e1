import { describe, expect, it } from 'vitest'
import type { LoginEvent } from './index.js'
import { type LoginNotes, notesIn } from './notes.js'
import { secret, site, userOf } from './testing/site.js'

describe('events', () => {
  it('hold no secret, token, credential or hash', async () => {
    const of = site({ maxSessions: 2 })
    const browser = of.browser()
    for (let i = 0; i < 3; i++) {
      const other = of.browser()
      await other.visit((auth) => auth.signIn(userOf(of, 'ada'), { factor: 'password' }))
      browser.cookie = other.cookie
      of.wait(1)
    }
    await browser.visit((auth) => auth.confirm('passkey'))
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob')))
    await browser.visit((auth) => auth.stopImpersonating())
    await browser.visit(async (auth) => {
      await auth.user()
      await auth.credentialChanged(userOf(of, 'ada'))
    })
    await browser.visit((_auth, request) => of.login.guard({ can: 'rule' })(request))
    const session = await of.sessions.read(browser.request())
    const { hash } = notesIn(session as never) as LoginNotes
    await browser.visit((auth) => auth.signOutEverywhere())
    const text = JSON.stringify(of.events)
    const [, token = ''] = browser.cookie.split('=')
    for (const hidden of [secret, 'hash of', hash, token.split('.')[0] || 'no cookie'])
      expect(text).not.toContain(hidden)
    expect(new Set(of.told())).toEqual(
      new Set([
        'signed-in',
        'limit-reached',
        'confirmed',
        'impersonation-started',
        'impersonation-ended',
        'credential-changed',
        'refused',
        'signed-out',
      ]),
    )
  })

  it('go to a listener that may throw or reject', async () => {
    for (const onEvent of [
      (): void => {
        throw new Error('of the listener')
      },
      async (): Promise<void> => {
        throw new Error('of the listener')
      },
    ] as ((event: LoginEvent) => unknown)[]) {
      const of = site({ onEvent })
      const browser = of.browser()
      await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
      expect(await browser.visit((auth) => auth.userId())).toBe('ada')
    }
  })

  it('have the time of the sessions’ clock, and the id of the session as it is listed', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    const [info] = await of.sessions.listByOwner('ada')
    expect(of.events).toMatchObject([{ time: Date.UTC(2030, 0, 1), sessionId: info?.id }])
  })
})
