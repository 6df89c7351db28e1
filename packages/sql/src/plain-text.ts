/**
 * What some database can't keep, or compares as if it were not there: NUL (PostgreSQL), lone surrogates (all: they have
 * no UTF-8), a blank at the end (MySQL), a byte order mark at the
 * beginning (what decodes UTF-8 drops it). The escape character itself is escaped too, so that no two texts become one.
 * JSON text holds none of these, so data stays readable in the database.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are the point
const UNSAFE = /^\ufeff|[\0\x1b\p{Surrogate}]| $/gu
export const ESCAPE = '\x1b'
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const ESCAPED = /\x1b([0-9a-f]{4})/g

/** The text in a form that every database keeps and compares as it is: nearly always the same text. */
export function toPlain(text: string): string {
  if (isPlain(text)) return text
  return text.replace(UNSAFE, (character) => ESCAPE + character.charCodeAt(0).toString(16).padStart(4, '0'))
}

/** The same as UNSAFE says, in a fiftieth of the time, for a long text. */
function isPlain(text: string): boolean {
  return (
    !text.includes('\0') &&
    !text.includes(ESCAPE) &&
    !text.endsWith(' ') &&
    !text.startsWith('\ufeff') &&
    text.isWellFormed()
  )
}

/** The text that `toPlain` was given. */
export function fromPlain(plain: string): string {
  if (!plain.includes(ESCAPE)) return plain
  return plain.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}
