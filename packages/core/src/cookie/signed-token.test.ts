import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager } from '../index.js'
import { alphabet, issuedToken, name, siblings } from '../testing/issued-token.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { base64url, macOf, randomToken, signedValue } from '../testing/sign.js'
import { visit } from '../testing/visit.js'

/** Made once, with other means than this library: the token bytes are 0, 1, 2 to 31, the cookie's name is `sid`. */
const GOLDEN = {
  secret: 'thirty-two bytes of secret, at least',
  id: 'Yw3NKWbEM2aRElRIu7JbT_QSpJxzLbLIq8G4WBvXEN0',
  mac: '3DEaM1H8jo7j_MsVcjSzziIGhcl4yegLfg7-RblJfLo',
}

interface Data {
  user: string
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
}

async function idOf(token: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(token))))
}

describe('a cookie value', () => {
  it('that we issued opens its session when it comes back', async () => {
    const { userOf, token, mac, sessions, cookie, id } = await issuedToken()
    expect(await userOf(`${token}.${mac}`)).toBe('ada')
    const session = await sessions.read(visit(cookie))
    expect(session.id).toBe(id)
    expect(session.isNew).toBe(false)
  })

  it('is HMAC-SHA256 of `<name>=<token>`, with a key that HKDF-SHA256 makes of the secret', async () => {
    for (const cookieName of ['__Host-sid', 'sid', '__Secure-other']) {
      const { token, mac } = await issuedToken({ cookie: { name: cookieName } })
      const material = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), 'HKDF', false, [
        'deriveBits',
      ])
      const info = new TextEncoder().encode('fetch-sessions/v1/sign')
      const bits = await crypto.subtle.deriveBits(
        { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info },
        material,
        256,
      )
      const key = await crypto.subtle.importKey('raw', bits, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
      const text = new TextEncoder().encode(`${cookieName}=${token}`)
      expect(mac).toBe(base64url(new Uint8Array(await crypto.subtle.sign('HMAC', key, text))))
    }
  })

  it('leads to the record under the SHA-256 of the 32 token bytes', async () => {
    const { token, id, store } = await issuedToken()
    expect(bytesOf(token)).toHaveLength(32)
    expect(id).toBe(await idOf(token))
    expect(await store.load(id)).toMatchObject({ data: '{"user":"ada"}', version: 1 })
  })

  it('is the same on every runtime: a golden vector', async () => {
    const token = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'
    const store = new MemoryStore()
    const times = { createdAt: Date.now(), expiresAt: Date.now() + 60_000 }
    store.create(GOLDEN.id, { data: '{"user":"ada"}', ...times, owner: undefined, version: 1 })
    const sessions = new SessionManager<Data>({ store, secret: GOLDEN.secret, cookie: { name: 'sid' } })
    const session = await sessions.read(visit(`sid=${token}.${GOLDEN.mac}`))
    expect(session.id).toBe(GOLDEN.id)
    expect(session.get('user')).toBe('ada')
  })

  it('that another service signed in the documented way is taken', async () => {
    const { store, userOf } = await issuedToken()
    const token = randomToken()
    const times = { createdAt: Date.now(), expiresAt: Date.now() + 60_000 }
    store.create(await idOf(token), { data: '{"user":"grace"}', ...times, owner: undefined, version: 1 })
    expect(await userOf(await signedValue(secret, name, token))).toBe('grace')
  })

  it('is not accepted as a bare id or token, even of a session that exists, and a new id is issued', async () => {
    const { id, token, sessions, store } = await issuedToken()
    for (const bare of [id, token, `${id}.${id}`, `${token}.`, `.${token}`]) {
      const session = await sessions.read(visit(`${name}=${bare}`))
      expect(session.isNew).toBe(true)
      expect(session.id).not.toBe(id)
    }
    expect(store.calls).toEqual([])
  })

  it('with one character changed, wherever, opens nothing, is no error and asks no store', async () => {
    const { token, mac, userOf, store, events } = await issuedToken()
    const value = `${token}.${mac}`
    for (let at = 0; at < value.length; at++) {
      for (const step of [1, 4, 32]) {
        const index = alphabet.indexOf(value[at] as string)
        const other = alphabet[(index + step) % 64] as string
        expect(await userOf(`${value.slice(0, at)}${other}${value.slice(at + 1)}`)).toBe(undefined)
      }
    }
    expect(store.calls).toEqual([])
    expect(new Set(events.map((event) => event.type))).toEqual(new Set(['rejected']))
  })

  it('with a last character that decodes to the same bytes is rejected, in the token as in the MAC', async () => {
    const { token, mac, userOf, store } = await issuedToken()
    const others = (text: string) => siblings(text.at(-1) as string).map((last) => text.slice(0, -1) + last)
    for (const other of others(token)) {
      expect(bytesOf(other)).toEqual(bytesOf(token))
      expect(await userOf(`${other}.${mac}`)).toBe(undefined)
      // Not even with a good MAC of that very text.
      expect(await userOf(await signedValue(secret, name, other))).toBe(undefined)
    }
    for (const other of others(mac)) expect(await userOf(`${token}.${other}`)).toBe(undefined)
    expect(store.calls).toEqual([])
  })

  it.each([
    ['padding', (text: string) => `${text}=`],
    ['a blank inside', (text: string) => `${text.slice(0, 9)} ${text.slice(9)}`],
    ['a tab inside', (text: string) => `${text.slice(0, 9)}\t${text.slice(9)}`],
    ['an exclamation mark inside', (text: string) => `${text.slice(0, 9)}!${text.slice(9)}`],
    ['the plain alphabet of base64', (text: string) => `+/${text.slice(2)}`],
    ['a character that is not ASCII', (text: string) => `é${text.slice(1)}`],
  ])('with %s is rejected, which decoders would let pass', async (_, spoil) => {
    const { token, mac, userOf, store } = await issuedToken()
    expect(await userOf(`${spoil(token)}.${mac}`)).toBe(undefined)
    expect(await userOf(`${token}.${spoil(mac)}`)).toBe(undefined)
    expect(store.calls).toEqual([])
  })

  it('of the plain alphabet is rejected even where it says the same bytes', async () => {
    const { store, userOf } = await issuedToken()
    // 0xfb 0xff begins with "+/" in base64 and with "-_" in base64url.
    const token = base64url(new Uint8Array(32).fill(0xff)).replace(/^./, '-')
    const plain = token.replaceAll('-', '+').replaceAll('_', '/')
    expect(bytesOf(plain)).toEqual(bytesOf(token))
    const times = { createdAt: Date.now(), expiresAt: Date.now() + 60_000 }
    store.create(await idOf(token), { data: '{"user":"eve"}', ...times, owner: undefined, version: 1 })
    expect(await userOf(await signedValue(secret, name, token))).toBe('eve')
    expect(await userOf(`${plain}.${await macOf(secret, `${name}=${token}`)}`)).toBe(undefined)
    expect(await userOf(`${plain}.${await macOf(secret, `${name}=${plain}`)}`)).toBe(undefined)
  })

  it('signed with another secret is a new session, and no error', async () => {
    const { sessions, store } = await issuedToken()
    const strangers = new SessionManager<Data>({ store, secret: 'another secret of thirty-two bytes or so' })
    const { cookie } = await strangers.issue({ user: 'eve' })
    store.forget()
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    expect(store.calls).toEqual([])
  })

  it('with a MAC of the wrong length is a new session, and no error', async () => {
    const { token, mac, userOf, store } = await issuedToken()
    const macs = [
      '',
      base64url(bytesOf(mac).slice(0, 16)),
      base64url(bytesOf(mac).slice(0, 31)),
      base64url(new Uint8Array([...bytesOf(mac), 0])),
      mac + mac,
      'A'.repeat(4000),
      'not base64 at all!',
    ]
    for (const other of macs) expect(await userOf(`${token}.${other}`)).toBe(undefined)
    for (const other of ['', base64url(bytesOf(token).slice(0, 31)), `${token}A`]) {
      expect(await userOf(`${other}.${mac}`)).toBe(undefined)
      expect(await userOf(await signedValue(secret, name, other))).toBe(undefined)
    }
    expect(await userOf(`${token}.${mac}.${mac}`)).toBe(undefined)
    expect(await userOf(`${token}${mac}`)).toBe(undefined)
    expect(await userOf(`${token}:${mac}`)).toBe(undefined)
    expect(store.calls).toEqual([])
  })

  it('that is good, but in a cookie of another name, is left alone', async () => {
    const { sessions, token, mac, events } = await issuedToken()
    expect((await sessions.read(visit(`other=${token}.${mac}`))).isNew).toBe(true)
    expect(events).toEqual([])
  })

  it('is good under its own name only, even with the same secret and store', async () => {
    const { store, token, mac } = await issuedToken()
    const others = new SessionManager<Data>({ store, secret, cookie: { name: 'admin' } })
    expect((await others.read(visit(`admin=${token}.${mac}`))).isNew).toBe(true)
  })

  it('is the same for the same secret, as a string or as bytes', async () => {
    const { store, token, mac, sessions } = await issuedToken()
    const byBytes = new SessionManager<Data>({ store, secret: new TextEncoder().encode(secret) })
    expect((await byBytes.read(visit(`${name}=${token}.${mac}`))).get('user')).toBe('ada')
    const { cookie } = await byBytes.issue({ user: 'grace' })
    expect((await sessions.read(visit(cookie))).get('user')).toBe('grace')
    expect(cookie.split('.')[1]).toBe(await macOf(secret, cookie.split('.')[0] as string))
  })

  it('does not change when the bytes of the secret are changed afterwards', async () => {
    const bytes = new TextEncoder().encode(secret)
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret: bytes })
    bytes.fill(0)
    const { cookie } = await sessions.issue({ user: 'ada' })
    expect(cookie.split('.')[1]).toBe(await macOf(secret, cookie.split('.')[0] as string))
  })

  it('that does not verify leads to a new id at the next write, never to a removal cookie', async () => {
    const { sessions, id } = await issuedToken()
    const forged = `${name}=${randomToken()}.${randomToken()}`
    const untouched = await writing(sessions, forged, () => {})
    expect(sessionCookies(untouched)).toEqual([])
    let newId = ''
    const response = await writing(sessions, forged, (session) => {
      session.set('user', 'eve')
      newId = session.id
    })
    expect(newId).not.toBe(id)
    expect((await sessions.read(visit(cookieAfter(response, forged)))).get('user')).toBe('eve')
  })
})
