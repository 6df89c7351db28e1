// Times one contestant's `fetch` in its own process.
import { build, contestant } from '../contestants/index.js'
import { among, scenario } from '../scenarios.js'
import { findFault, headersOf, makeRequest } from '../visitor.js'

/** Requests are made before the clock starts, as many at once as take about this long. */
const BATCH_MS = 5
const MAX_BATCH = 2000
/** How many times its time a turn may take to get its requests answered. */
const PATIENCE = 4
/** How many visitors come back before the first turn. */
const MAX_KNOWN = 100_000

/** Answers `prepare`, then any number of `measure`. */
export class Measurement {
  #app
  #send
  #scenario
  #headers
  #isBare
  #batch = 50
  #cpu

  /** Builds and checks the contestant. The reason, if it can't be timed. */
  async prepare({ id, scenarioId, options = {}, sessions, cookies = 0 }) {
    this.#isBare = contestant(id).kind === 'bare'
    this.#scenario = scenario(scenarioId)
    this.#app = await build(id, options)
    if (this.#app.fetch === undefined) return 'has no fetch handler'
    this.#send = async (path, cookie) => this.#app.fetch(makeRequest(path, cookie))
    this.#cpu = await processorClock()
    const fault = await findFault(this.#send, { isBare: this.#isBare })
    if (fault !== undefined) return fault
    if (sessions > 10_000 && this.#app.seed === undefined && !this.#isBare) return 'would take too long to fill'
    if (!this.#scenario.isFresh) this.#headers = await this.#makeHeaders(sessions)
    if (cookies > 0) this.#headers = this.#headers.map((header) => among(cookies, header))
    await this.#letAllVisit()
    return undefined
  }

  /**
   * Microseconds for each request, by the clock on the wall and of processor time (all threads: WebCrypto's and the
   * garbage collector's as well). Goes on until `ms` of processor time are used, so that a busy machine gets a fair turn,
   * and `requests` were answered, unless they are very slow.
   *
   * `isWhole`: making the requests counts as well, each when it is its turn, so that as many are alive as on a server.
   */
  async measure({ inFlight, ms, requests: least = 0, isWhole = false }) {
    const make = (count) => (isWhole ? this.#pickHeaders(count) : this.#makeRequests(count))
    // A process that has waited for its turn finds the processor's caches filled by others.
    await this.#handle(await make(this.#batch), inFlight)
    const total = { wall: 0, cpu: 0, count: 0 }
    const isDone = () => (total.cpu >= ms * 1000 && total.count >= least) || total.cpu >= ms * PATIENCE * 1000
    while (!isDone() && total.wall < ms * 20_000) {
      const requests = await make(Math.max(this.#batch, inFlight > 1 ? 2 * inFlight : 1))
      const cpuBefore = this.#cpu()
      const started = performance.now()
      await this.#handle(requests, inFlight)
      const wall = (performance.now() - started) * 1000
      total.wall += wall
      total.cpu += this.#cpu() - cpuBefore
      total.count += requests.length
      const fitting = (requests.length * BATCH_MS * 1000) / Math.max(wall, 10)
      this.#batch = Math.max(1, Math.min(MAX_BATCH, Math.round(fitting)))
    }
    return { wall: total.wall / total.count, cpu: total.cpu / total.count }
  }

  /** `count` requests, not timed here: for a runtime whose clock stands still while a request is handled. */
  async run({ inFlight, count }) {
    for (let left = count; left > 0; left -= MAX_BATCH) {
      await this.#handle(await this.#makeRequests(Math.min(MAX_BATCH, left)), inFlight)
    }
  }

  /** What is measured is a visitor who comes back. */
  async #letAllVisit() {
    if (this.#scenario.isFresh || this.#headers.length === 1) return
    const { path } = this.#scenario
    const known = this.#headers.slice(0, MAX_KNOWN)
    for (let i = 0; i < known.length; i += MAX_BATCH) {
      await this.#atOnce(
        known.slice(i, i + MAX_BATCH).map((header) => makeRequest(path, header)),
        32,
      )
    }
  }

  #makeHeaders(count) {
    return headersOf(this.#scenario, this.#app, this.#send, { isBare: this.#isBare, count })
  }

  async #makeRequests(count) {
    return (await this.#pickHeaders(count)).map((header) => this.#requestOf(header))
  }

  /** The `Cookie` headers of the next requests; `undefined` for one without. */
  async #pickHeaders(count) {
    const { isFresh } = this.#scenario
    const headers = isFresh ? await this.#makeHeaders(count) : this.#headers
    const pick = isFresh
      ? (i) => headers[i % headers.length]
      : () => headers[Math.floor(Math.random() * headers.length)]
    return Array.from({ length: count }, (_, i) => pick(i))
  }

  /** A request that is there already, or one with this `Cookie` header. */
  #requestOf(given) {
    return given instanceof Request ? given : makeRequest(this.#scenario.path, given)
  }

  #handle(requests, inFlight) {
    return inFlight === 1 ? this.#oneByOne(requests) : this.#atOnce(requests, inFlight)
  }

  async #oneByOne(requests) {
    for (const request of requests) await this.#app.fetch(this.#requestOf(request))
  }

  async #atOnce(requests, inFlight) {
    let next = 0
    const client = async () => {
      while (next < requests.length) await this.#app.fetch(this.#requestOf(requests[next++]))
    }
    await Promise.all(Array.from({ length: inFlight }, client))
  }
}

/** Microseconds that this process has used. Where that is not told, the clock on the wall has to do. */
async function processorClock() {
  const { default: process } = await import('node:process')
  if (typeof process.cpuUsage !== 'function') return () => performance.now() * 1000
  return () => {
    const { user, system } = process.cpuUsage()
    return user + system
  }
}
