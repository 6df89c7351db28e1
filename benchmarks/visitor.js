// A client that keeps its cookie, and the check that a contestant does what is going to be timed.
import { malform, tamper } from './scenarios.js'

const ORIGIN = 'http://localhost'

/** How many visitors take turns; fewer where making one takes its time. */
const VISITORS = 1000
const SLOW_VISITORS = 100

export function makeRequest(path, cookie) {
  return new Request(ORIGIN + path, cookie ? { headers: { cookie } } : undefined)
}

/** The cookie that a response sets, as a client sends it back, or the one that it has. */
export function cookieAfter(response, cookie) {
  const set = response.headers.getSetCookie().at(-1)
  return set === undefined ? cookie : set.slice(0, set.indexOf(';'))
}

/**
 * Cookies of `count` sessions whose count is 1.
 * @param app - a contestant: `seed(count)` if it has a fast way, else its own first visits make them
 */
export async function visit(app, send, count) {
  if (app.seed !== undefined) return app.seed(count)
  const cookies = []
  for (let i = 0; i < count; i++) {
    const response = await send('/write')
    await response.text()
    cookies.push(cookieAfter(response))
  }
  return cookies
}

/**
 * `undefined`, or why the contestant can't be timed: the count has to count, a changed cookie has to open nothing.
 * @param send - `(path, cookie) => Promise<Response>`
 */
export async function findFault(send, { isBare }) {
  const ask = async (path, cookie) => {
    const response = await send(path, cookie)
    if (response.status !== 200) throw new Error(`answers ${response.status} to ${path}`)
    return { text: await response.text(), cookie: cookieAfter(response, cookie) }
  }
  try {
    if (isBare) return (await ask('/read')).text === '1' ? undefined : 'does not answer'
    const first = await ask('/write')
    if (first.text !== '1') return 'does not begin to count at 1'
    if (first.cookie === undefined) return 'sets no cookie'
    if ((await ask('/plain', first.cookie)).text !== 'plain') return 'does not answer a plain route'
    const second = await ask('/write', first.cookie)
    if (second.text !== '2') return 'does not count'
    const third = await ask('/read', second.cookie)
    if (third.text !== '2') return 'does not keep the count'
    if ((await ask('/write')).text !== '1') return 'mixes up visitors'
    if ((await ask('/read', tamper(third.cookie))).text !== '0') return 'opens a forged cookie'
    if ((await ask('/read', malform(third.cookie))).text !== '0') return 'opens a malformed cookie'
    return undefined
  } catch (error) {
    return error.message
  }
}

/** The `Cookie` headers of a scenario's requests, from visitors who have not been back yet. */
export async function headersOf({ cookie }, app, send, { isBare, count }) {
  if (cookie === undefined) return [null]
  if (isBare) return ['sid=of-nobody']
  const cookies = await visit(app, send, count ?? (app.seed === undefined ? SLOW_VISITORS : VISITORS))
  return cookies.map((own) => cookie(own))
}
