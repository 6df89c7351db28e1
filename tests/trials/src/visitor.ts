import type { Seen } from './app.js'

/** What an application's answer is called here: anything else than these is not allowed at any time. */
export type Outcome = 'success' | 'failure' | 'signed out' | 'no answer'

/** A browser with one cookie, which may have several requests under way. */
export class Visitor {
  /** Each cookie it ever had. The last one is sent. */
  readonly cookies: string[] = []
  readonly outcomes: Record<Outcome, number> = { success: 0, failure: 0, 'signed out': 0, 'no answer': 0 }
  /** What the last success said. */
  seen: Seen | undefined
  /** When the last request that came to a success was sent, by `performance.now()`. */
  lastSuccess = 0

  constructor(cookie?: string) {
    if (cookie !== undefined) this.cookies.push(cookie)
  }

  async request(url: string, path: string, cookie: string | undefined = this.cookies.at(-1)): Promise<Outcome> {
    const sent = performance.now()
    const outcome = await this.#send(url, path, cookie).catch(noAnswer)
    if (outcome === 'success') this.lastSuccess = Math.max(this.lastSuccess, sent)
    this.outcomes[outcome]++
    return outcome
  }

  async #send(url: string, path: string, cookie: string | undefined): Promise<Outcome> {
    const response = await fetch(url + path, {
      method: path === '/' ? 'GET' : 'POST',
      headers: cookie === undefined ? {} : { cookie },
    })
    const text = await response.text()
    const setCookie = response.headers.get('set-cookie')?.split(';')[0]
    if (response.ok) {
      this.seen = JSON.parse(text) as Seen
      if (setCookie !== undefined) this.cookies.push(setCookie)
      return 'success'
    }
    if (setCookie !== undefined) throw new UnexpectedAnswer(`A ${response.status} with a cookie`)
    if (response.status === 401) return 'signed out'
    if (response.status === 500 && text === 'Internal Server Error') return 'failure'
    throw new UnexpectedAnswer(`${response.status} ${text}`)
  }
}

class UnexpectedAnswer extends Error {}

function noAnswer(error: unknown): Outcome {
  if (error instanceof UnexpectedAnswer) throw error
  return 'no answer'
}
