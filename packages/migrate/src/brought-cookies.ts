/** How long a value is at most that is looked at: a browser keeps 4096 bytes of a cookie. */
const MAX_VALUE = 4096
/** How many values of one name are looked at. */
const MAX_VALUES = 4

/** The cookies of one `Cookie` header, as the old libraries read them. */
export class BroughtCookies {
  readonly #pairs: readonly (readonly [name: string, value: string])[]

  constructor(header: string) {
    this.#pairs = header.split(';').flatMap((pair) => {
      const equals = pair.indexOf('=')
      if (equals < 0) return []
      const value = unquoted(trimmed(pair.slice(equals + 1)))
      return [[trimmed(pair.slice(0, equals)), value] as const]
    })
  }

  /** Whether a cookie of this name came, with whatever value. */
  has(name: string): boolean {
    return this.#pairs.some(([known]) => known === name)
  }

  /** The names for which this holds. */
  names(isWanted: (name: string) => boolean): string[] {
    return [...new Set(this.#pairs.map(([name]) => name).filter(isWanted))]
  }

  /** The values of this name as they are written, in their order, without those that are empty or longer than a cookie. */
  raw(name: string): string[] {
    const values = this.#pairs.filter(([known, value]) => known === name && value !== '' && value.length <= MAX_VALUE)
    return [...new Set(values.map(([, value]) => value))].slice(0, MAX_VALUES)
  }

  /** The values of this name, decoded. */
  values(name: string): string[] {
    return this.raw(name).map(decoded)
  }
}

/** Of blanks, these alone: a name behind another one must not pass for one with a prefix, such as `__Host-`. */
function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}

/** What is not percent-encoded stays as it is. */
function decoded(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
