import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

export type Engine = 'chromium' | 'firefox' | 'webkit'

export const engines = ['chromium', 'firefox', 'webkit'] as const satisfies Engine[]

export const executables = {
  chromium: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  firefox: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr',
  webkit: '/usr/bin/WebKitWebDriver',
  miniBrowser: `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/webkit2gtk-4.1/MiniBrowser`,
} as const

/** What is missing for an engine, and what to do; undefined if nothing is. */
export function missingFor(engine: Engine): string | undefined {
  const install = (what: string, packages: string): string =>
    `${what} is missing. On Debian: apt-get install --no-install-recommends ${packages}.`
  if (engine === 'chromium' && !existsSync(executables.chromium)) {
    return `${install(executables.chromium, 'chromium')} Or set CHROMIUM_PATH.`
  }
  if (engine === 'firefox' && !existsSync(executables.firefox)) {
    return `${install(executables.firefox, 'firefox-esr')} Or set FIREFOX_PATH.`
  }
  if (engine === 'webkit') {
    for (const path of [executables.webkit, '/usr/bin/Xvfb']) {
      if (!existsSync(path)) return install(path, 'webkit2gtk-driver xvfb')
    }
    if (spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status !== 0) {
      return '`unshare --mount --pid` is not allowed here: WebKit takes its host names from /etc/hosts, so it is run as root, in a file system view of its own.'
    }
  }
  return undefined
}
