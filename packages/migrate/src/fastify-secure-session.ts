import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { argon2id } from 'hash-wasm'
import { decodeBase64, decodeUtf8, encodeBase64 } from './base64.js'
import { checkName, checkOptions, invalid, isBytes, parseObject } from './check.js'
import { libraryOf, type MoveOptions, type OldCookiePlace, type OldLibrary } from './old-library.js'

export { type Brought, type MovingInOptions, movingIn } from './moving-in.js'
export type { AboutOld, MoveOptions, OldCookiePlace, OldLibrary } from './old-library.js'

type Key = string | Uint8Array

/** The options that `@fastify/secure-session` had; what else it took may be left in place. */
export interface FastifySecureSessionOptions<Old, Data> extends MoveOptions<Old, Data> {
  /** 32 bytes, or their base64; all that a cookie may still be encrypted with. */
  key?: Key | readonly Key[] | undefined
  /**
   * What the key was made of, where there was none. It is made anew when this is called, which takes seconds and 256 MB
   * of memory, as it did there.
   */
  secret?: string | Uint8Array | undefined
  salt?: string | Uint8Array | undefined
  /** Default `session`. */
  sessionName?: string | undefined
  /** Default as `sessionName`. */
  cookieName?: string | undefined
  /** Seconds from its last change until it is over. Default 86 401. */
  expiry?: number | undefined
  /** Its path and domain, so that the cookie is removed there; or `cookieOptions`. */
  cookie?: OldCookiePlace | undefined
  cookieOptions?: OldCookiePlace | undefined
}

/** All that it took. */
const OPTIONS = 'key secret salt sessionName cookieName expiry cookie cookieOptions'
const LIBRARY = '@fastify/secure-session'
const KEY_BYTES = 32
const NONCE_BYTES = 24
const SALT_BYTES = 16
/** That of the library. */
const SALT = 'mq9hDxBVDbspDR6nLfFT1g=='

/** The sessions of `@fastify/secure-session`, whose data is all in the cookie. */
export function fromFastifySecureSession<Old = Record<string, unknown>, Data = Record<string, never>>(
  options: FastifySecureSessionOptions<Old, Data>,
): OldLibrary<Data> {
  checkOptions(LIBRARY, options, OPTIONS)
  const { sessionName = 'session', cookieName = sessionName, expiry = 86_401 } = options
  const { cookieOptions, cookie = cookieOptions ?? {} } = options
  const keys = keysOf(options)
  if (!(typeof expiry === 'number' && expiry > 0)) throw invalid(LIBRARY, 'expiry', 'must be a number of seconds')
  checkName(LIBRARY, 'cookieName', cookieName)
  return libraryOf(
    {
      name: LIBRARY,
      place: cookie,
      names: (cookies) => (cookies.has(cookieName) ? [cookieName] : []),
      read: async (cookies, now) => {
        const all = await keys
        return cookies.values(cookieName).map((value) => {
          const [cipherText = '', nonceText = ''] = value.split(';')
          const cipher = decodeBase64(cipherText)
          // One that is signed as well has the signature behind a dot. That it is encrypted says the same.
          const nonce = decodeBase64(nonceText.split('.')[0] as string)
          if (cipher === undefined || nonce?.length !== NONCE_BYTES) return 'malformed'
          const text = decrypt(all, cipher, nonce)
          if (text === undefined) return 'signature'
          const content = parseObject(text)
          if (content === undefined) return 'malformed'
          const { __ts: changedAt, ...data } = content
          const expiresAt = (Number(changedAt) + expiry) * 1000
          // Written so that what is no number fails.
          if (!(expiresAt > now)) return 'expired'
          const key = `${cookieName}\n${encodeBase64(nonce)}${encodeBase64(cipher)}`
          return { key, expiresAt, load: () => ({ data, about: { expiresAt } }), end: () => {} }
        })
      },
    },
    options,
  )
}

function decrypt(keys: readonly Uint8Array[], cipher: Uint8Array, nonce: Uint8Array): string | undefined {
  for (const key of keys) {
    try {
      return decodeUtf8(Uint8Array.from(xsalsa20poly1305(key, nonce).decrypt(cipher)))
    } catch {}
  }
  return undefined
}

function keysOf<Old, Data>(options: FastifySecureSessionOptions<Old, Data>): Promise<readonly Uint8Array[]> {
  const { key, secret, salt } = options
  if (key === undefined) return keyOfSecret(secret, salt)
  const keys: unknown[] = Array.isArray(key) ? key : [key]
  const bytes = keys.map((one) => (typeof one === 'string' ? decodeBase64(one) : one))
  const isKey = (one: unknown): one is Uint8Array => isBytes(one) && one.length === KEY_BYTES
  if (bytes.length === 0 || !bytes.every(isKey)) {
    throw invalid(LIBRARY, 'key', `must be ${KEY_BYTES} bytes, or their base64, or a list of them`)
  }
  return Promise.resolve(bytes)
}

/** Argon2id, with libsodium's "moderate" limits. */
function keyOfSecret(secret: unknown, salt: unknown = decodeBase64(SALT)): Promise<readonly Uint8Array[]> {
  const password = bytesOf(secret)
  if (password === undefined || password.length < KEY_BYTES) {
    throw invalid(LIBRARY, 'secret', `must be at least ${KEY_BYTES} bytes, if there is no key`)
  }
  const salted = bytesOf(salt)
  if (salted?.length !== SALT_BYTES) throw invalid(LIBRARY, 'salt', `must be ${SALT_BYTES} bytes`)
  const limits = { iterations: 3, memorySize: 262_144, parallelism: 1, hashLength: KEY_BYTES }
  const made = argon2id({ password, salt: salted, ...limits, outputType: 'binary' }).then((key) => [key])
  // Whoever needs it is told.
  made.catch(() => {})
  return made
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value === 'string') return new TextEncoder().encode(value)
  return isBytes(value) ? Uint8Array.from(value) : undefined
}
