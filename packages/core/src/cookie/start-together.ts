type Immediate = (work: () => void) => unknown

/** Node's own and Deno's have it, and no timers that a test makes stand still: not those of sinon, Jest, Vitest, nor of node:test. */
const GENUINE: unique symbol = Symbol.for('nodejs.util.promisify.custom') as never

/**
 * Node's and Deno's, which runs work once the events of this turn of the event loop are handled. Not Bun's, which is no
 * faster with it, nor that of Workers, where a request must not wait for another one's promise. Next's edge runtime has one
 * that only throws. Nor one that a test has made stand still.
 */
export function immediateOf(scope: object): Immediate | undefined {
  const { setImmediate, process } = scope as {
    setImmediate?: Immediate
    process?: { versions?: { node?: string } }
  }
  const isNode = process?.versions?.node !== undefined && !('Bun' in scope || 'WebSocketPair' in scope)
  const isGenuine = typeof setImmediate === 'function' && GENUINE in setImmediate && !('clock' in setImmediate)
  return isNode && isGenuine ? setImmediate : undefined
}

const setImmediate = immediateOf(globalThis)

let underWay = 0
let turn: Promise<void> | undefined

/**
 * Starts an operation of WebCrypto, at once if none is under way, else at the end of this turn of the event loop,
 * together with all others that wait for it. Each goes to another thread, and to wake one up costs several times the HMAC: of
 * many that start together, most find it awake (`benchmarks`, 32 requests in flight).
 */
export function startTogether<T>(start: () => Promise<T>): Promise<T> {
  return underWay > 0 && setImmediate !== undefined
    ? endOfTurn(setImmediate).then(() => startNow(start))
    : startNow(start)
}

function startNow<T>(start: () => Promise<T>): Promise<T> {
  const running = start()
  underWay++
  running.then(end, end)
  return running
}

function end(): void {
  underWay--
}

function endOfTurn(setImmediate: Immediate): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined
      resolve()
    })
  })
  return turn
}
