import { trimBlanks } from '@fetch-sessions/core'

/** How long a value is at most that is looked at: a browser keeps 4096 bytes of a cookie. */
const MAX_VALUE = 4096
/** How many values of one name are looked at. */
const MAX_VALUES = 4

/** The last that were asked for: all libraries of a `movingIn` look at the same header, each several times in a request. */
let last: BroughtCookies | undefined

/** The cookies of this header, which is parsed once for all who ask. */
export function cookiesIn(header: string): BroughtCookies {
  if (last?.header !== header) last = new BroughtCookies(header)
  return last
}

/** The cookies of one `Cookie` header, as the old libraries read them. */
export class BroughtCookies {
  readonly header: string
  /** Not before a name is asked for that stands in the header: most visitors have no old cookie. */
  #values: ReadonlyMap<string, readonly string[]> | undefined

  constructor(header: string) {
    this.header = header
  }

  /** Whether a cookie of this name came, with whatever value. */
  has(name: string): boolean {
    return this.#valuesOf(name).length > 0
  }

  /** The names that begin so. */
  names(start: string): string[] {
    return this.header.includes(start) ? [...this.#byName().keys()].filter((name) => name.startsWith(start)) : []
  }

  /**
   * The values of this name as they are written, in their order, without those that are empty or longer than a cookie. At
   * most `max` of them.
   */
  raw(name: string, max: number = MAX_VALUES): string[] {
    const values = this.#valuesOf(name).filter((value) => value !== '' && value.length <= MAX_VALUE)
    return [...new Set(values)].slice(0, max)
  }

  /** The values of this name, decoded. */
  values(name: string, max?: number): string[] {
    return this.raw(name, max).map(decoded)
  }

  #valuesOf(name: string): readonly string[] {
    return (this.header.includes(name) && this.#byName().get(name)) || []
  }

  #byName(): ReadonlyMap<string, readonly string[]> {
    this.#values ??= parsed(this.header)
    return this.#values
  }
}

function parsed(header: string): ReadonlyMap<string, readonly string[]> {
  const byName = new Map<string, string[]>()
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals < 0) continue
    const name = trimBlanks(pair.slice(0, equals))
    const value = unquoted(trimBlanks(pair.slice(equals + 1)))
    const values = byName.get(name)
    if (values === undefined) byName.set(name, [value])
    else values.push(value)
  }
  return byName
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
