/** A cookie as the browser keeps it. */
export interface Cookie {
  name: string
  value: string
  /** With a dot in front where subdomains get it as well. */
  domain: string
  path: string
  secure: boolean
  httpOnly: boolean
  sameSite: string | undefined
  /** Seconds since the epoch; undefined for one that the browser forgets when it closes. */
  expires: number | undefined
}

/** How a page is given something to do. It runs there, so it can use nothing from around it. */
type InPage<Args extends unknown[], Result> = (...args: Args) => Result | Promise<Result>

/** A browser with cookies of its own. */
export interface Browser {
  newPage(): Promise<Page>
  close(): Promise<void>
}

/** A tab. What the three engines do in ways of their own is abstract here, and the rest is made of it. */
export abstract class Page {
  /** Opens an address, and waits until it is loaded. */
  abstract open(url: string): Promise<void>
  abstract evaluate<Args extends unknown[], Result>(run: InPage<Args, Result>, ...args: Args): Promise<Result>
  /** A real click on what `find` gives in the page. */
  abstract clickOn<Args extends unknown[]>(find: (...args: Args) => Element | undefined, ...args: Args): Promise<void>
  /** Types into what has the focus. */
  abstract type(text: string): Promise<void>
  abstract reload(): Promise<void>
  /** The text of the one frame in the page. */
  abstract frameText(): Promise<string>
  /** All cookies that would go to this page. */
  abstract cookies(): Promise<Cookie[]>
  abstract addCookies(cookies: Cookie[]): Promise<void>
  abstract clearCookies(): Promise<void>
  abstract close(): Promise<void>

  /** Opens an address, and gives the text it shows. */
  async visit(url: string): Promise<string> {
    await this.open(url)
    return this.text()
  }

  async text(selector = 'body'): Promise<string> {
    return this.evaluate((selector) => document.querySelector(selector)?.textContent ?? '', selector)
  }

  async count(selector: string): Promise<number> {
    return this.evaluate((selector) => document.querySelectorAll(selector).length, selector)
  }

  async url(): Promise<URL> {
    return new URL(await this.evaluate(() => location.href))
  }

  click(selector: string): Promise<void> {
    return this.clickOn((selector) => document.querySelector(selector) ?? undefined, selector)
  }

  /** Clicks the button with this text. */
  press(name: string): Promise<void> {
    return this.clickOn(
      (name) => [...document.querySelectorAll('button')].find((button) => button.textContent?.trim() === name),
      name,
    )
  }

  /** Clicks a field, such as a checkbox, whose label begins with this text. */
  clickField(label: string): Promise<void> {
    return this.clickOn(
      (label) =>
        [...document.querySelectorAll('input')].find((input) =>
          [...(input.labels ?? [])].some(({ textContent }) => textContent?.trim().startsWith(label)),
        ),
      label,
    )
  }

  /** Types into the field whose label begins with this text. */
  async fill(label: string, text: string): Promise<void> {
    await this.clickField(label)
    await this.type(text)
  }

  /** The back button. A page that comes back as it was does not load again, so the way there is to leave this one. */
  async back(): Promise<void> {
    const mark = Math.random()
    await this.evaluate((mark) => {
      Object.assign(document, { mark })
      setTimeout(() => history.back(), 10)
    }, mark)
    await this.until((mark) => {
      // Before a page that loads again there may be an empty document, which is complete as well.
      const isThere = document.readyState === 'complete' && location.protocol !== 'about:'
      return isThere && !('mark' in document && document.mark === mark)
    }, mark)
  }

  /** Waits until this path is loaded. */
  async arrive(path: string): Promise<void> {
    await this.until((path) => location.pathname === path && document.readyState === 'complete', path)
  }

  /** Waits until something holds in the page, whatever is loaded meanwhile. */
  async until<Args extends unknown[]>(holds: InPage<Args, boolean>, ...args: Args): Promise<void> {
    const deadline = Date.now() + 30_000
    while (Date.now() < deadline) {
      // A page that is being left can't be asked.
      if (await this.evaluate(holds, ...args).catch(() => false)) return
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    throw new Error(`Not in 30 seconds: ${holds}`)
  }
}

/** Whether a cookie goes to this host. */
export const goesTo = (host: string, { domain }: { domain: string }): boolean =>
  domain.startsWith('.') ? `.${host}`.endsWith(domain) : domain === host
