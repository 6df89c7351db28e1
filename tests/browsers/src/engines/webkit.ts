import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Builder, Capabilities, type WebDriver, type WebElement } from 'selenium-webdriver'
import { freePort } from '../../../../packages/store-testing/test/free-port.js'
import { executables } from './installed.js'
import { type Browser, type Cookie, Page } from './page.js'

export interface WebKitSetup {
  /** The X display that the windows go to. */
  display: string
  /** Stands in for /etc/hosts. */
  hostsFile: string
}

/** Runs a command that sees our hosts file, and that ends with all it has started when the process given back does. */
export function runWithHosts({ display, hostsFile }: WebKitSetup, command: readonly string[]): ChildProcess {
  return spawn(
    'unshare',
    [
      ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c'],
      ...['mount --bind "$0" /etc/hosts && exec "$@"', hostsFile, ...command],
    ],
    {
      stdio: 'ignore',
      env: {
        ...process.env,
        DISPLAY: display,
        LIBGL_ALWAYS_SOFTWARE: '1',
        WEBKIT_DISABLE_DMABUF_RENDERER: '1',
        // The sandbox does not start as root. Only pages of these tests are opened.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      },
    },
  )
}

async function stop(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return
  process.kill('SIGKILL')
  await once(process, 'exit')
}

/** A browser that nobody drives, as it would start for a visitor: it keeps its cookies in a file. */
export function startMiniBrowser(setup: WebKitSetup, cookiesFile: string, url: string): { stop: () => Promise<void> } {
  const flags = ['--ignore-tls-errors', `--cookies-file=${cookiesFile}`]
  const process = runWithHosts(setup, [executables.miniBrowser, ...flags, url])
  return { stop: () => stop(process) }
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('WebKitWebDriver does not answer. Does `unshare --mount --pid --fork true` work here?')
}

/** A WebKitWebDriver drives one MiniBrowser, so each browser has one of its own. */
export async function openWebKit(setup: WebKitSetup): Promise<Browser> {
  const port = await freePort()
  const process = runWithHosts(setup, [executables.webkit, '-p', String(port)])
  const server = `http://127.0.0.1:${port}`
  await answers(`${server}/status`)
  const capabilities = new Capabilities({ browserName: 'MiniBrowser', acceptInsecureCerts: true })
  const driver = await new Builder().usingServer(server).withCapabilities(capabilities).build()
  await driver.manage().setTimeouts({ pageLoad: 30_000 })
  return new WebKitBrowser(driver, process)
}

/** One thing at a time, in the window it is meant for. */
type InWindow = <Result>(window: string, run: (driver: WebDriver) => Promise<Result>) => Promise<Result>

class WebKitBrowser implements Browser {
  readonly #driver: WebDriver
  readonly #process: ChildProcess
  #last: Promise<unknown> = Promise.resolve()
  #isFirst = true

  constructor(driver: WebDriver, process: ChildProcess) {
    this.#driver = driver
    this.#process = process
  }

  async newPage(): Promise<Page> {
    const window = await this.#next(async () => {
      if (!this.#isFirst) await this.#driver.switchTo().newWindow('tab')
      this.#isFirst = false
      return this.#driver.getWindowHandle()
    })
    return new WebKitPage(window, (window, run) =>
      this.#next(async () => {
        await this.#driver.switchTo().window(window)
        return run(this.#driver)
      }),
    )
  }

  #next<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(run)
    this.#last = result.catch(() => {})
    return result
  }

  close(): Promise<void> {
    return stop(this.#process)
  }
}

/** What a script has come to: a value, an error, or nothing yet. */
type Outcome<Result> = { value: Result } | { error: string } | null

class WebKitPage extends Page {
  readonly #window: string
  readonly #inWindow: InWindow

  constructor(window: string, inWindow: InWindow) {
    super()
    this.#window = window
    this.#inWindow = inWindow
  }

  #run<Result>(run: (driver: WebDriver) => Promise<Result>): Promise<Result> {
    return this.#inWindow(this.#window, run)
  }

  open(url: string): Promise<void> {
    return this.#run((driver) => driver.get(url))
  }

  /** Starts it and looks after it, rather than waiting: meanwhile other tabs have to go on. */
  async evaluate<Args extends unknown[], Result>(
    run: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Result> {
    const key = `outcome ${Math.random()}`
    const start = `const [key, args] = arguments
      const result = (${run})(...args)
      if (!(result instanceof Promise)) return { value: result }
      result.then((value) => { window[key] = { value } }, (error) => { window[key] = { error: String(error) } })
      return null`
    let outcome = await this.#run((driver) => driver.executeScript<Outcome<Result>>(start, key, args))
    while (outcome === null) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      outcome = await this.#run((driver) =>
        driver.executeScript<Outcome<Result>>(`return window[arguments[0]] ?? null`, key),
      )
    }
    if ('error' in outcome) throw new Error(outcome.error)
    return outcome.value
  }

  clickOn<Args extends unknown[]>(find: (...args: Args) => Element | undefined, ...args: Args): Promise<void> {
    return this.#run(async (driver) => {
      const element = await driver.executeScript<WebElement | null>(`return (${find})(...arguments)`, ...args)
      if (element === null) throw new Error(`Nothing to click on: ${args}`)
      await element.click()
    })
  }

  type(text: string): Promise<void> {
    return this.#run(async (driver) => driver.switchTo().activeElement().sendKeys(text))
  }

  reload(): Promise<void> {
    return this.#run((driver) => driver.navigate().refresh())
  }

  frameText(): Promise<string> {
    return this.#run(async (driver) => {
      await driver.switchTo().frame(0)
      const text = await driver.executeScript<string>('return document.body.textContent')
      await driver.switchTo().defaultContent()
      return text
    })
  }

  cookies(): Promise<Cookie[]> {
    return this.#run(async (driver) => {
      const cookies = await driver.manage().getCookies()
      return cookies.map(({ name, value, domain, path, secure, httpOnly, sameSite, expiry }) => ({
        ...{
          name,
          value,
          domain: domain ?? '',
          path: path ?? '/',
          secure: secure ?? false,
          httpOnly: httpOnly ?? false,
        },
        sameSite,
        expires: expiry === undefined ? undefined : Number(expiry),
      }))
    })
  }

  addCookies(cookies: Cookie[]): Promise<void> {
    return this.#run(async (driver) => {
      for (const { expires, domain, sameSite, ...cookie } of cookies) {
        const shared = domain.startsWith('.') ? { domain } : {}
        await driver.manage().addCookie({ ...cookie, ...shared, ...(expires && { expiry: expires }) })
      }
    })
  }

  clearCookies(): Promise<void> {
    return this.#run((driver) => driver.manage().deleteAllCookies())
  }

  close(): Promise<void> {
    return this.#run((driver) => driver.close())
  }
}
