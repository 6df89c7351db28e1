import { isObject } from '../session/codec.js'

/** What has the cookies of a request: itself, its headers, or the text of its `Cookie` header. */
export type CookieSource = Request | Headers | string | undefined

/**
 * The text of the `Cookie` header.
 * @throws TypeError if this is nothing that has one
 */
export function cookiesOf(source: CookieSource): string {
  if (source === undefined || typeof source === 'string') return source ?? ''
  const headers: unknown = isObject(source) && 'headers' in source ? source.headers : source
  if (isObject(headers) && 'get' in headers && typeof headers.get === 'function') {
    return (headers as Headers).get('cookie') ?? ''
  }
  throw new TypeError('fetch-sessions: open takes a Request, its Headers, or the text of its Cookie header')
}

export function isRequest(source: unknown): source is Request {
  return isObject(source) && 'headers' in source
}
