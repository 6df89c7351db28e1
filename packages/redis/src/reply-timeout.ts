import type { RedisDriver } from './driver.js'

/**
 * The driver, but each command fails that has no reply after that many seconds. Most clients wait for ever for a
 * server that hangs, and for long for one that is down.
 */
export function withReplyTimeout(driver: RedisDriver, timeout: number): RedisDriver {
  if (timeout === Infinity) return driver
  const { scan, masters } = driver
  return {
    ...driver,
    evalsha: (sha1, keys, args) => within(timeout, driver.evalsha(sha1, keys, args)),
    eval: (source, keys, args) => within(timeout, driver.eval(source, keys, args)),
    ...(masters && {
      masters: async () => (await within(timeout, masters())).map((master) => withReplyTimeout(master, timeout)),
    }),
    ...(scan && { scan: (...call) => within(timeout, scan(...call)) }),
  }
}

function within<Reply>(timeout: number, reply: Promise<Reply>): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Redis did not reply within ${timeout} s; a write may still be carried out`)),
      // Longer than 2^31 ms is none for a timer, and would be over at once.
      Math.min(timeout * 1000, 2_147_483_647),
    )
    reply.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
