import type { Awaitable } from '@fetch-sessions/core'
import { decodeBase64, decodeUtf8 } from './base64.js'
import { checkName, checkOptions, invalid, isObject, parseObject, secretsOf } from './check.js'
import { HmacVerifier } from './hmac.js'
import {
  ENDLESS,
  libraryOf,
  type MoveOptions,
  type OldContent,
  type OldCookiePlace,
  type OldLibrary,
  type Verified,
} from './old-library.js'

export { type Brought, type MovingInOptions, movingIn } from './moving-in.js'
export type { AboutOld, MoveOptions, OldCookiePlace, OldLibrary } from './old-library.js'

/** The options that the session storage of Remix or React Router had; what else it took may be left in place. */
export interface RemixSessionOptions<Old, Data> extends MoveOptions<Old, Data> {
  cookie: OldCookiePlace & {
    /** Default `__session`. */
    name?: string | undefined
    /** All that a cookie may still be signed with. */
    secrets?: readonly string[] | undefined
  }
  /** Of `createSessionStorage`, where the data is not in the cookie: what an id leads to. */
  readData?: ((id: string) => Awaitable<unknown>) | undefined
  deleteData?: ((id: string) => Awaitable<unknown>) | undefined
}

/** All that it took. */
const OPTIONS = 'cookie readData deleteData createData updateData'
const LIBRARY = 'remix'
const FLASH = /^__flash_(.*)__$/s

/**
 * The sessions of Remix (`createCookieSessionStorage` and `createSessionStorage` of `@remix-run/node` and its like), of
 * React Router, and of `@remix-run/session`. Flash values count as values. A cookie with all data and no id is good for
 * ever, and visitors with the same data have the same one: give `until` to `movingIn`. Each request that brings it begins a
 * session of its own.
 */
export function fromRemixSession<Old = Record<string, unknown>, Data = Record<string, never>>(
  options: RemixSessionOptions<Old, Data>,
): OldLibrary<Data> {
  checkOptions(LIBRARY, options, OPTIONS)
  const { cookie, readData, deleteData } = options
  if (typeof cookie !== 'object' || cookie === null || 'parse' in cookie) {
    throw invalid(LIBRARY, 'cookie', 'must be the options that the cookie was made of: { name, secrets, path, domain }')
  }
  const { name = '__session', secrets = [] } = cookie
  if (secrets.length === 0 && readData === undefined) {
    throw invalid(LIBRARY, 'cookie.secrets', 'is missing: anybody can write a cookie that is not signed')
  }
  if ((readData === undefined) !== (deleteData === undefined)) {
    throw invalid(LIBRARY, 'deleteData', 'and readData are needed both: they lead to where the data is')
  }
  checkName(LIBRARY, 'cookie.name', name)
  const signature = secrets.length === 0 ? undefined : new HmacVerifier(secretsOf(LIBRARY, 'cookie.secrets', secrets))
  return libraryOf(
    {
      name: LIBRARY,
      place: cookie,
      names: (cookies) => (cookies.has(name) ? [name] : []),
      read: (cookies, now) =>
        Promise.all(
          cookies.values(name).map(async (value) => {
            const signed = signature === undefined ? value : await signature.unsign(value)
            if (signed === undefined) return 'signature'
            const text = decodeUtf8(decodeBase64(signed))
            if (text === undefined) return 'malformed'
            if (readData !== undefined) return byId(name, idOf(text), readData, deleteData as typeof readData)
            const data = parseObject(text)
            if (data === undefined) return 'malformed'
            const old = unpacked(data)
            // Without an id it holds data alone: visitors with the same data have the same cookie.
            const key = old.id === undefined ? undefined : `${name}\n${old.id}`
            const load = () => ({ data: old.data, about: { id: old.id } })
            return { key, expiresAt: now + ENDLESS, load, end: () => {} }
          }),
        ),
    },
    options,
  )
}

function byId(
  name: string,
  id: string,
  readData: (id: string) => Awaitable<unknown>,
  deleteData: (id: string) => Awaitable<unknown>,
): Verified | 'malformed' {
  if (id === '') return 'malformed'
  const load = async (): Promise<OldContent | undefined> => {
    const data = await readData(id)
    return isObject(data) ? { data: unpacked(data).data, about: { id } } : undefined
  }
  return { key: `${name}\n${id}`, expiresAt: undefined, load, end: () => deleteData(id) }
}

/** Remix and React Router write it as JSON, `@remix-run/session` as it is. */
function idOf(text: string): string {
  try {
    const id: unknown = JSON.parse(text)
    return typeof id === 'string' ? id : text
  } catch {
    return text
  }
}

/** The values as `session.get` shows them. `@remix-run/session` keeps those for the next request apart, and an id. */
function unpacked(data: Record<string, unknown>): { id: string | undefined; data: Record<string, unknown> } {
  const { i: id, d: parts } = data
  if (typeof id === 'string' && Array.isArray(parts) && parts.length === 2 && Object.keys(data).length === 2) {
    return { id, data: { ...(parts[1] as object), ...(parts[0] as object) } }
  }
  const flash = Object.entries(data).flatMap(([key, value]) => {
    const name = FLASH.exec(key)?.[1]
    return name === undefined ? [] : [[name, value] as const]
  })
  const rest = Object.entries(data).filter(([key]) => !FLASH.test(key))
  return { id: undefined, data: Object.fromEntries([...flash, ...rest]) }
}
