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

/** The values of all cookies of this name, in their order (RFC 6265bis section 5.6). */
export function cookieValues(header: string | null, name: string): string[] {
  if (header === null || !header.includes(name)) return []
  return header.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=')
    // Blanks are SP and HTAB alone: a name behind another one must not pass for a `__Host-` name.
    return trimmed(pair.slice(0, equals)) === name ? [trimmed(pair.slice(equals + 1))] : []
  })
}

/** By its ends alone: a regular expression would look at each run of blanks from each of its places. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isBlank(text[start])) start++
  while (end > start && isBlank(text[end - 1])) end--
  return text.slice(start, end)
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
}
