interface Kept {
  readonly name: string
  readonly value: string
  readonly path: string
  readonly domain: string
}

/** The cookies of one browser for one site. Two of one name live side by side if they were set at different places. */
export class Jar {
  readonly #kept: Map<string, Kept> = new Map()

  /** Keeps what these `Set-Cookie` lines set, and forgets what they remove. */
  take(lines: readonly string[]): this {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
      const name = pair.slice(0, pair.indexOf('='))
      const value = pair.slice(pair.indexOf('=') + 1)
      const of = (wanted: string): string | undefined => {
        const found = attributes.find((attribute) => attribute.toLowerCase().startsWith(`${wanted}=`))
        return found?.slice(wanted.length + 1)
      }
      const path = of('path') ?? '/'
      const domain = of('domain')?.replace(/^\./, '') ?? ''
      const key = `${name};${path};${domain}`
      const expires = of('expires')
      const isOver = of('max-age') === '0' || (expires !== undefined && new Date(expires).getTime() <= Date.now())
      this.#kept.delete(key)
      if (!isOver) this.#kept.set(key, { name, value, path, domain })
    }
    return this
  }

  /** What the browser sends. */
  get header(): string {
    return [...this.#kept.values()].map(({ name, value }) => `${name}=${value}`).join('; ')
  }

  get names(): string[] {
    return [...this.#kept.values()].map(({ name }) => name)
  }
}
