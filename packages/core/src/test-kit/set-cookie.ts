import { parseCookieDate } from './cookie-date.js'

/** What a `Set-Cookie` line says, before anybody has decided whether to keep it. */
export interface SetCookie {
  readonly name: string
  readonly value: string
  /** Lower case, without a leading dot; `undefined`: this host alone. */
  readonly domain: string | undefined
  /** `undefined`: by the path of the request. */
  readonly path: string | undefined
  /** Seconds from now; 0 or less: to be removed. */
  readonly maxAge: number | undefined
  /** Milliseconds since the epoch. */
  readonly expires: number | undefined
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly partitioned: boolean
  /** Lower case, as it came. */
  readonly sameSite: string | undefined
}

/** Octets of name and value together, and of one attribute's value. */
const MAX_PAIR = 4096
const MAX_ATTRIBUTE = 1024

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f]/
const utf8 = new TextEncoder()

/**
 * Reads a line as a browser does (RFC 6265bis section 5.6): attributes that it does not know or that are too long are
 * ignored, of two with one name the last one counts. `undefined` if no browser would read it.
 */
export function parseSetCookie(line: string): SetCookie | undefined {
  if (CONTROLS.test(line)) return undefined
  const [pair = '', ...rest] = line.split(';')
  const [name, value] = pair.includes('=') ? divided(pair) : ['', trimmed(pair)]
  if (name + value === '' || octets(name) + octets(value) > MAX_PAIR) return undefined
  const attributes = new Map<string, string>()
  for (const [key, text] of rest.map(divided)) {
    if (octets(text) <= MAX_ATTRIBUTE && isUnderstood(key, text)) attributes.set(key.toLowerCase(), text)
  }
  const path = attributes.get('path')
  const maxAge = attributes.get('max-age')
  const expires = attributes.get('expires')
  return {
    name,
    value,
    domain: attributes.get('domain')?.replace(/^\./, '').toLowerCase() || undefined,
    path: path?.startsWith('/') ? path : undefined,
    maxAge: maxAge === undefined ? undefined : Number(maxAge),
    expires: expires === undefined ? undefined : parseCookieDate(expires),
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    partitioned: attributes.has('partitioned'),
    sameSite: attributes.get('samesite')?.toLowerCase(),
  }
}

/** What can't be understood is as if it were not there, and hides nothing that came before. */
function isUnderstood(key: string, text: string): boolean {
  if (/^max-age$/i.test(key)) return /^-?\d+$/.test(text)
  return !/^expires$/i.test(key) || parseCookieDate(text) !== undefined
}

function divided(text: string): [string, string] {
  const equals = text.indexOf('=')
  return equals === -1 ? [trimmed(text), ''] : [trimmed(text.slice(0, equals)), trimmed(text.slice(equals + 1))]
}

/** Blanks and tabs alone, as the standard has it. */
function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

function octets(text: string): number {
  return utf8.encode(text).length
}
