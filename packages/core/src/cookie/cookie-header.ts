const SPACE = 32
const TAB = 9

/**
 * The values of all cookies of this name in a `Cookie` header, in their order (RFC 6265bis section 5.6). Names are
 * compared to the letter, only SP and HTAB are trimmed (a name behind another blank must not pass for a `__Host-`
 * name), values are not decoded. A pair of quotes around a value is no part of it: Java's clients send all in quotes (RFC
 * 2965). The header is scanned for the name and never split, so that other cookies cost next to nothing.
 */
export function cookieValues(header: string, name: string): string[] {
  const values: string[] = []
  let at = header.indexOf(name)
  while (at !== -1) {
    const equals = skipBlanks(header, at + name.length, 1)
    if (header[equals] === '=' && startsPair(header, at)) {
      const semicolon = header.indexOf(';', equals)
      const end = semicolon === -1 ? header.length : semicolon
      const from = skipBlanks(header, equals + 1, 1)
      const value = header.slice(from, skipBlanks(header, end - 1, -1) + 1).replace(/^"(.*)"$/s, '$1')
      if (value !== '') values.push(value)
      at = header.indexOf(name, end)
    } else {
      at = header.indexOf(name, at + name.length)
    }
  }
  return values
}

/**
 * The text without SP and HTAB at its ends, for adapters that read a `Cookie` header themselves: these alone are blanks
 * there. By its ends, since a regular expression would look at a run of blanks from each of its places.
 */
export function trimBlanks(text: string): string {
  const start = skipBlanks(text, 0, 1)
  return text.slice(start, skipBlanks(text, text.length - 1, -1) + 1)
}

/** Whether only blanks stand between `at` and the `;` or the start before it. */
function startsPair(header: string, at: number): boolean {
  const before = skipBlanks(header, at - 1, -1)
  return before < 0 || header[before] === ';'
}

function skipBlanks(header: string, from: number, step: 1 | -1): number {
  let at = from
  for (let code = header.charCodeAt(at); code === SPACE || code === TAB; code = header.charCodeAt(at)) at += step
  return at
}
