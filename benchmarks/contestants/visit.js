// What every contestant's session holds, and what its routes do: /plain leaves the session alone, /read answers with the
// count, /write adds one to it.

export const SECRET = 'a secret of the benchmarks, not of anything else'

/** The data of a new session, of about `size` bytes as JSON. */
export function newData(size = 100) {
  return { count: 0, pad: 'x'.repeat(Math.max(0, size - 20)) }
}

/**
 * A store that answers after `delay` milliseconds and counts its calls. Without a delay it is the store itself.
 * `methods` are those that the library calls. Plain data is copied, as on its way to a database and back.
 */
export function slowed(store, methods, { delay, calls }) {
  if (delay === undefined) return store
  const slow = {}
  for (const method of methods) {
    slow[method] = async (...args) => {
      calls.count++
      const sent = args.map(copy)
      await new Promise((resolve) => setTimeout(resolve, delay))
      return copy(await store[method](...sent))
    }
  }
  return slow
}

function copy(value) {
  const isPlain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  return isPlain ? structuredClone(value) : value
}

/** A fetch handler with the three routes, without any framework. */
export function fetchHandler({ plain = () => new Response('plain'), read, write }) {
  return (request) => {
    const { url } = request
    if (url.endsWith('/read')) return read(request)
    if (url.endsWith('/write')) return write(request)
    return plain(request)
  }
}

/** The routes' handlers for a session that is a plain object on the request. */
export function objectSession(size) {
  const { pad } = newData(size)
  return {
    read: ({ session }) => session.count ?? 0,
    write: ({ session }) => {
      session.pad ??= pad
      session.count = (session.count ?? 0) + 1
      return session.count
    },
  }
}

/** Goes on with a count that may be a promise. Who has it at once waits for nothing. */
export function whenThere(count, goOn) {
  return count instanceof Promise ? count.then(goOn) : goOn(count)
}
