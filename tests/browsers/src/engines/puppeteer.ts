import type {
  BrowserContext,
  CookieData,
  ElementHandle,
  Browser as PuppeteerBrowser,
  Page as Tab,
} from 'puppeteer-core'
import { type Browser, type Cookie, goesTo, Page } from './page.js'

/** A browser that puppeteer drives: Chromium over its own protocol, Firefox over WebDriver BiDi. */
export class PuppeteerContext implements Browser {
  readonly #context: BrowserContext
  readonly #close: () => Promise<void>

  constructor(context: BrowserContext, close: () => Promise<void>) {
    this.#context = context
    this.#close = close
  }

  static ofBrowser(browser: PuppeteerBrowser): PuppeteerContext {
    return new PuppeteerContext(browser.defaultBrowserContext(), () => browser.close())
  }

  async newPage(): Promise<PuppeteerPage> {
    return new PuppeteerPage(await this.#context.newPage())
  }

  close(): Promise<void> {
    return this.#close()
  }
}

export class PuppeteerPage extends Page {
  /** For what only this engine can do. */
  readonly tab: Tab

  constructor(tab: Tab) {
    super()
    this.tab = tab
  }

  async open(url: string): Promise<void> {
    await this.tab.goto(url)
  }

  evaluate<Args extends unknown[], Result>(run: (...args: Args) => Result | Promise<Result>, ...args: Args) {
    // Its types unwrap handles of elements, of which we pass none.
    return this.tab.evaluate(run as (...args: unknown[]) => Result | Promise<Result>, ...args)
  }

  async clickOn<Args extends unknown[]>(find: (...args: Args) => Element | undefined, ...args: Args): Promise<void> {
    await this.tab.bringToFront() // A tab in the background draws nothing, and waits for that before it is clicked.
    const found = await this.tab.evaluateHandle(find as (...args: unknown[]) => Element | undefined, ...args)
    const element = found.asElement()
    if (element === null) throw new Error(`Nothing to click on: ${args}`)
    await (element as ElementHandle<Element>).click()
  }

  type(text: string): Promise<void> {
    return this.tab.keyboard.type(text)
  }

  async reload(): Promise<void> {
    await this.tab.reload()
  }

  async frameText(): Promise<string> {
    const element = await this.tab.waitForSelector('iframe')
    const frame = await element?.contentFrame()
    return (await frame?.evaluate(() => document.body.textContent)) ?? ''
  }

  async cookies(): Promise<Cookie[]> {
    const { hostname } = await this.url()
    const cookies = await this.tab.browserContext().cookies()
    return cookies
      .filter((cookie) => goesTo(hostname, cookie))
      .map(({ name, value, domain, path, secure, httpOnly, sameSite, expires }) => ({
        ...{ name, value, domain, path, secure, httpOnly: httpOnly ?? false, sameSite },
        expires: expires < 0 ? undefined : expires,
      }))
  }

  async addCookies(cookies: Cookie[]): Promise<void> {
    const data = cookies.map(({ expires, sameSite, ...rest }) => ({
      ...rest,
      ...(expires && { expires }),
      ...(sameSite && { sameSite }),
    }))
    await this.tab.browserContext().setCookie(...(data as CookieData[]))
  }

  async clearCookies(): Promise<void> {
    const context = this.tab.browserContext()
    await context.deleteCookie(...(await context.cookies()))
  }

  close(): Promise<void> {
    return this.tab.close()
  }
}
