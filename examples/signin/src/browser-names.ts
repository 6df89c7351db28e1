const BROWSERS = [
  ['Edge', /\bEdg/],
  ['Opera', /\bOPR\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(Chrome|CriOS|HeadlessChrome)\//],
  ['Safari', /\bSafari\//],
] as const

const SYSTEMS = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMacintosh\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
] as const

/** How many sessions are remembered. Then those that began first are forgotten. */
const MOST = 10_000

/** In which browser each session began, by its id. For people to read, and for nothing to rely on. */
export class BrowserNames {
  readonly #names = new Map<string, string>()

  note(id: string, userAgent: string | undefined): void {
    const oldest = this.#names.keys().next().value
    if (oldest !== undefined && this.#names.size >= MOST) this.#names.delete(oldest)
    this.#names.set(id, browserName(userAgent))
  }

  of(id: string): string | undefined {
    return this.#names.get(id)
  }
}

/** Such as "Firefox on Linux". */
export function browserName(userAgent = ''): string {
  const find = (names: typeof BROWSERS | typeof SYSTEMS) => names.find(([, pattern]) => pattern.test(userAgent))?.[0]
  const [browser, system] = [find(BROWSERS) ?? 'Unknown browser', find(SYSTEMS)]
  return system === undefined ? browser : `${browser} on ${system}`
}
