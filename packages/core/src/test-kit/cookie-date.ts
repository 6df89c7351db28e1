const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
/** What stands between the parts of a date. */
const DELIMITERS = /[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/
/** Each is the first part that looks like it and is nothing before it in this list. */
const PARTS = [
  ['time', /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)/],
  ['day', /^(\d{1,2})(?:\D|$)/],
  ['month', /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i],
  ['year', /^(\d{2,4})(?:\D|$)/],
] as const

type Part = (typeof PARTS)[number][0]

/**
 * The time of an `Expires` attribute, in milliseconds since the epoch; `undefined` if it is no date. It reads what servers
 * send, not only what they should (RFC 6265bis section 5.1.1): the parts may stand in any order.
 */
export function parseCookieDate(text: string): number | undefined {
  const found: Partial<Record<Part, string[]>> = {}
  for (const token of text.split(DELIMITERS)) {
    const part = PARTS.find(([name, pattern]) => found[name] === undefined && pattern.test(token))
    if (part !== undefined) found[part[0]] = token.match(part[1])?.slice(1) ?? []
  }
  if (found.time === undefined || found.day === undefined || found.month === undefined || found.year === undefined)
    return undefined
  const [hours, minutes, seconds] = found.time.map(Number) as [number, number, number]
  const [day, year] = [Number(found.day[0]), fullYear(Number(found.year[0]))]
  if (hours > 23 || minutes > 59 || seconds > 59 || year < 1601) return undefined
  const date = new Date(
    Date.UTC(year, MONTHS.indexOf(String(found.month[0]).toLowerCase()), day, hours, minutes, seconds),
  )
  // A day that the month has not, such as the 31st of April.
  return date.getUTCDate() === day ? date.getTime() : undefined
}

function fullYear(year: number): number {
  if (year >= 70 && year <= 99) return year + 1900
  return year <= 69 ? year + 2000 : year
}
