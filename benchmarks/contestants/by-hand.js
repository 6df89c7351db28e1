// What people write themselves: a signed random token in a cookie, and a Map. No expiry, no limit, no care for caches or
// for requests at the same time.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import { getCookie, getSignedCookie, setCookie, setSignedCookie } from 'hono/cookie'
import { newData, SECRET } from './visit.js'

const NAME = 'sid'
const COOKIE = { path: '/', httpOnly: true, secure: true, sameSite: 'Lax', maxAge: 86_400 }

/** `find` gets the session id of a request, `send` sets the cookie of a new one. */
function app({ find, send, sign }, { size } = {}) {
  const sessions = new Map()
  const fetch = new Hono()
    .get('/plain', (c) => c.text('plain'))
    .get('/read', async (c) => {
      const id = await find(c)
      return c.text(String(sessions.get(id)?.count ?? 0))
    })
    .get('/write', async (c) => {
      const id = await find(c)
      let data = sessions.get(id)
      if (data === undefined) {
        const newId = randomToken()
        data = newData(size)
        sessions.set(newId, data)
        await send(c, newId)
      }
      data.count++
      return c.text(String(data.count))
    }).fetch
  const seed = (count) =>
    Array.from({ length: count }, () => {
      const id = randomToken()
      sessions.set(id, { ...newData(size), count: 1 })
      return `${NAME}=${sign(id)}`
    })
  return { fetch, seed }
}

/** With Hono's own signed cookies. */
export const honoSigned = (options) =>
  app(
    {
      find: (c) => getSignedCookie(c, SECRET, NAME),
      send: (c, id) => setSignedCookie(c, NAME, id, SECRET, COOKIE),
      sign: (id) => encodeURIComponent(`${id}.${createHmac('sha256', SECRET).update(id).digest('base64')}`),
    },
    options,
  )

export const webCrypto = (options) => app(tokens(webCryptoSigner()), options)

export const nodeCrypto = (options) => app(tokens(nodeCryptoSigner), options)

/** With WebCrypto, and the last 10 000 cookies that verified. */
export const webCryptoCached = (options) => app(cachedTokens(), options)

/** How a cookie is found, sent and made, with WebCrypto and the last 10 000 that verified. */
export function cachedTokens() {
  const signer = webCryptoSigner()
  const verified = new Map()
  const verify = async (id, mac) => {
    if (verified.get(id) === mac) return true
    const isGood = await signer.verify(id, mac)
    if (isGood) {
      if (verified.size >= 10_000) verified.delete(verified.keys().next().value)
      verified.set(id, mac)
    }
    return isGood
  }
  return tokens({ ...signer, verify })
}

function tokens({ sign, verify }) {
  return {
    find: async (c) => {
      const value = getCookie(c, NAME)
      if (value === undefined) return undefined
      const dot = value.indexOf('.')
      if (dot === -1) return undefined
      const id = value.slice(0, dot)
      return (await verify(id, value.slice(dot + 1))) ? id : undefined
    },
    send: async (c, id) => setCookie(c, NAME, `${id}.${await sign(id)}`, COOKIE),
    sign: (id) => `${id}.${nodeCryptoSigner.sign(id)}`,
  }
}

function webCryptoSigner() {
  const utf8 = new TextEncoder()
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  let key
  const getKey = async () => {
    key ??= await crypto.subtle.importKey('raw', utf8.encode(SECRET), hmac, false, ['sign', 'verify'])
    return key
  }
  return {
    sign: async (id) =>
      Buffer.from(await crypto.subtle.sign('HMAC', key ?? (await getKey()), utf8.encode(id))).toString('base64url'),
    verify: async (id, mac) =>
      crypto.subtle.verify('HMAC', key ?? (await getKey()), Buffer.from(mac, 'base64url'), utf8.encode(id)),
  }
}

const nodeCryptoSigner = {
  sign: (id) => createHmac('sha256', SECRET).update(id).digest('base64url'),
  verify: (id, mac) => {
    const expected = createHmac('sha256', SECRET).update(id).digest()
    const given = Buffer.from(mac, 'base64url')
    return given.length === expected.length && timingSafeEqual(given, expected)
  },
}

export function randomToken() {
  return randomBytes(32).toString('base64url')
}
