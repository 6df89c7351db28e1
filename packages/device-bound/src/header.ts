import { trimBlanks } from '@fetch-sessions/core'

/** What is looked at of a request. Fits a `Request`, and what routers make of one. */
export interface RequestLike {
  readonly method: string
  readonly url: string
  readonly headers: Headers
}

/** The text of a string in a structured header (RFC 9651), which comes without its quotes as well. */
export function textOf(header: string | null): string | undefined {
  const [, quoted, bare] = header?.match(/^\s*(?:"([^"\\]*)"|([^";\s]+))\s*(?:;.*)?$/) ?? []
  return quoted ?? bare
}

/** A string for a structured header. It holds neither quotes nor backslashes. */
export function quoted(text: string): string {
  return `"${text}"`
}

/** The values of all cookies of this name, in their order (RFC 6265bis section 5.6). Browsers alone have them: no quotes. */
export function cookieValues(header: string | null, name: string): string[] {
  if (header === null || !header.includes(name)) return []
  return header.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=')
    // Blanks are SP and HTAB alone: a name behind another one must not pass for a `__Host-` name.
    return trimBlanks(pair.slice(0, equals)) === name ? [trimBlanks(pair.slice(equals + 1))] : []
  })
}
