type Immediate = ((work: () => void) => unknown) & { clock?: unknown }

/**
 * Node's and Deno's, which runs work once the events of this turn of the event loop are handled. Not on Bun, which is no
 * faster with it, nor on Workers, where a request must not wait for another one's promise. Nor where a test has made it
 * stand still (`@sinonjs/fake-timers`, which Jest and Vitest use).
 */
const setImmediate: Immediate | undefined = ['Bun', 'WebSocketPair'].some((name) => name in globalThis)
  ? undefined
  : unlessFake((globalThis as { setImmediate?: Immediate }).setImmediate)

let underWay = 0
let turn: Promise<void> | undefined

/**
 * Starts an operation of WebCrypto, at once if none is under way, else at the end of this turn of the event loop,
 * together with all others that wait for it. Each goes to another thread, and to wake one up costs several times the HMAC: of
 * many that start together, most find it awake (`benchmarks`, 32 requests in flight).
 */
export async function startTogether<T>(start: () => Promise<T>): Promise<T> {
  if (underWay > 0 && setImmediate !== undefined) await endOfTurn(setImmediate)
  underWay++
  try {
    return await start()
  } finally {
    underWay--
  }
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

function unlessFake(immediate: Immediate | undefined): Immediate | undefined {
  return typeof immediate === 'function' && immediate.clock === undefined ? immediate : undefined
}
