import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionManager } from '../index.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { base64url, macOf, randomToken, signedValue } from '../testing/sign.js'
import { stagedManager } from '../testing/staged-manager.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'
import { everything, secrets } from '../testing/what-is-shown.js'

type Data = Record<string, unknown>

const setUp = stagedManager<Data>

const name = '__Host-sid'

describe('a cookie that differs from the signed one in form only', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

  it('is not taken: of the last characters that decode to the same bytes, one alone is canonical', async () => {
    const { sessions, store } = setUp({ verifiedCacheSize: 0 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const [, value = ''] = cookie.split(/=(.*)/)
    const [token = '', mac = ''] = value.split('.')
    const twins = (text: string): string[] => {
      const last = alphabet.indexOf(text.at(-1) as string)
      return [1, 2, 3].map((bits) => text.slice(0, -1) + alphabet[(last & ~3) | bits])
    }
    store.forget()
    for (const forged of [...twins(token).map((t) => `${t}.${mac}`), ...twins(mac).map((m) => `${token}.${m}`)]) {
      expect((await sessions.read(visit(`${name}=${forged}`))).isNew).toBe(true)
    }
    expect(store.calls).toEqual([])
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
  })

  it('is not taken with padding, blanks, rubbish or the other base64 alphabet in it', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const [, value = ''] = cookie.split(/=(.*)/)
    const [token = '', mac = ''] = value.split('.')
    const forged = [
      `${value}=`,
      `${value}==`,
      `${value}!`,
      `${value}.`,
      `${value}.${mac}`,
      `.${value}`,
      `"${value}`,
      `""${value}""`,
      `${token}. ${mac}`,
      `${token} .${mac}`,
      `${token}=.${mac}`,
      `${token}.${mac.slice(0, 5)} ${mac.slice(5)}`,
      `${token}.${mac.slice(0, 5)}\t${mac.slice(5)}`,
      `${token}.${mac.slice(0, 5)}!${mac.slice(5)}`,
      `${token.slice(0, 5)}!${token.slice(5)}.${mac}`,
      `${token}.${mac.slice(0, -1)}`,
      `${token.slice(1)}.${mac}`,
      `${token}%2E${mac}`,
      encodeURIComponent(`${token}=.${mac}`),
    ]
    if (/[-_]/.test(value)) forged.push(value.replaceAll('-', '+').replaceAll('_', '/'))
    store.forget()
    for (const attempt of forged) {
      expect((await sessions.read(visit(`${name}=${attempt}`))).isNew, attempt.replace(value, '<value>')).toBe(true)
    }
    expect(store.calls).toEqual([])
  })
})

describe('a value that was signed for another purpose', () => {
  it('opens nothing under another cookie name of the same secret and store', async () => {
    const store = new StagedStore()
    const shop = new SessionManager<Data>({ store, secret, cookie: { name: '__Host-shop' } })
    const admin = new SessionManager<Data>({ store, secret, cookie: { name: '__Host-admin' } })
    const { cookie } = await shop.issue({ user: 'ada' })
    store.forget()
    const session = await admin.read(visit(cookie.replace('__Host-shop', '__Host-admin')))
    expect(session.isNew).toBe(true)
    expect(session.size).toBe(0)
    expect(store.calls).toEqual([])
  })

  it('opens nothing as the signed empty value, which a removal cookie might hold', async () => {
    const { sessions, store, events } = setUp()
    await sessions.issue({ user: 'ada' })
    store.forget()
    for (const text of [`${name}=`, '', name]) {
      const mac = await macOf(secret, text)
      for (const value of [`.${mac}`, mac, `${mac}.`, '', '.']) {
        expect((await sessions.read(visit(`${name}=${value}`))).isNew).toBe(true)
      }
    }
    expect(store.calls).toEqual([])
    expect(events.filter((event) => event.type === 'loaded')).toEqual([])
  })

  it('is what the documented format says, so that the tests above forge the right thing', async () => {
    const { sessions } = setUp({ verifiedCacheSize: 0 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const token = cookie.slice(name.length + 1).split('.')[0] as string
    expect(`${name}=${await signedValue(secret, name, token)}`).toBe(cookie)
  })
})

describe('a cookie that is not ours', () => {
  it('with any one character changed, at any place, opens nothing and is no error', async () => {
    const { sessions, store } = setUp({ verifiedCacheSize: 0 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const value = cookie.slice(name.length + 1)
    store.forget()
    for (let at = 0; at < value.length; at++) {
      const old = value[at] as string
      for (const next of [old === 'A' ? 'B' : 'A', '.', '%', '~']) {
        if (next === old) continue
        const session = await sessions.read(visit(`${name}=${value.slice(0, at)}${next}${value.slice(at + 1)}`))
        expect(session.isNew).toBe(true)
      }
    }
    expect(store.calls).toEqual([])
  })

  it('cut short or made longer opens nothing', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const value = cookie.slice(name.length + 1)
    store.forget()
    for (let length = 0; length < value.length; length++) {
      expect((await sessions.read(visit(`${name}=${value.slice(0, length)}`))).isNew).toBe(true)
    }
    expect((await sessions.read(visit(`${name}=${value}A`))).isNew).toBe(true)
    expect((await sessions.read(visit(`${name}=${value}${value}`))).isNew).toBe(true)
    expect(store.calls).toEqual([])
  })

  it('as the bare id of a session in the store, signed by nobody, is not accepted', async () => {
    const { sessions, store } = setUp()
    const { id } = await sessions.issue({ user: 'ada' })
    store.forget()
    for (const value of [id, `${id}.${id}`, `${id}.`, `${id}.${randomToken()}`]) {
      expect((await sessions.read(visit(`${name}=${value}`))).isNew).toBe(true)
    }
    expect(store.calls).toEqual([])
  })

  it('can not be forged from what the store holds, with every right to read it', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const token = cookie.slice(name.length + 1).split('.')[0] as string
    expect(id).not.toBe(token)
    const raw = Uint8Array.from(atob(token.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
    expect(id).toBe(base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', raw))))
    expect(JSON.stringify(store.memory.load(id))).not.toContain(token)
  })

  it('in any number and of any size leads to no error, no store call, and never to somebody’s session', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const forged = (): string => `${randomToken()}.${randomToken()}`
    const values = [
      Array.from({ length: 10 }, () => `${name}=${forged()}`).join('; '),
      `${name}=${'A'.repeat(10_240)}`,
      `${name}=${'A'.repeat(43)}.${'A'.repeat(10_240)}`,
      `${name}=${'.'.repeat(10_240)}`,
      `${name}=${'%'.repeat(10_240)}`,
      `${name}=${'='.repeat(10_240)}`,
      `${name}=${'"'.repeat(10_240)}`,
      `${name}`,
      `${name};`,
      `${name}=;`,
      `=${name}`,
      `;;;${name}=;;`,
      `${name}==${cookie}`,
      `${name}=\u00ff\u00fe`,
      `${name}=${encodeURIComponent(cookie)}`,
      `${name}=undefined`,
      `${name}=null`,
      `${name}=[object Object]`,
      `${name}=../../etc/passwd`,
      `${name}=__proto__`,
      `${name}=${"' OR 1=1 --"}`,
    ]
    store.forget()
    for (const value of values) {
      const session = await sessions.read(visit(value))
      expect(session.isNew).toBe(true)
      expect(session.size).toBe(0)
    }
    expect(store.calls).toEqual([])
  })

  it('of random make never opens a session and never fails', async () => {
    const { sessions, store } = setUp()
    await sessions.issue({ user: 'ada' })
    store.forget()
    const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 200 })
    const alike = fc.string({ unit: fc.constantFrom('A', 'b', '9', '-', '_', '.', '=', '%', ' '), maxLength: 100 })
    await fc.assert(
      fc.asyncProperty(fc.oneof(printable, alike), fc.boolean(), async (text, isWhole) => {
        const header = isWhole ? text.trim() : `${name}=${text}`.trim()
        expect((await sessions.read(visit(header))).isNew).toBe(true)
      }),
      { numRuns: 300 },
    )
    expect(store.calls).toEqual([])
  })

  it('as a header of a megabyte takes linear time', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    for (const junk of ['=', '%', '"', ' ', '\t', ';', '; ', `${name}`, `${name}=`, `${name}=;`, `${name} `, `a=b; `]) {
      const header = `x=${junk.repeat(Math.floor(1_000_000 / junk.length))}; ${cookie}`
      const started = performance.now()
      await sessions.read(visit(header))
      expect(performance.now() - started, JSON.stringify(junk)).toBeLessThan(1000)
    }
  })

  it('leads to no cookie in the response, neither a new one nor a removal', async () => {
    const { sessions } = setUp()
    for (const value of [
      'rubbish',
      `${randomToken()}.${randomToken()}`,
      await signedValue(secret, name, randomToken()),
    ]) {
      const response = await sessions.handle(visit(`${name}=${value}`), async (handle) => {
        await handle.read()
        return new Response()
      })
      expect(sessionCookies(response)).toEqual([])
    }
  })
})

describe('the store', () => {
  it('gets neither the token nor the secret, in no call', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('visits', 1).regenerate()
      return new Response()
    })
    const told = everything(store.calls)
    for (const hidden of [...secrets(cookie), ...secrets(cookieAfter(response))]) expect(told).not.toContain(hidden)
  })
})
