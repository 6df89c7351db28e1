import type { RedisDriver } from './driver.js'

/**
 * The driver, but each script fails that has no reply after that many seconds. Most clients wait for ever for a
 * server that hangs, and for long for one that is down.
 */
export function withReplyTimeout(driver: RedisDriver, timeout: number): RedisDriver {
  if (timeout === Infinity) return driver
  return {
    evalsha: (...call) => within(timeout, driver.evalsha(...call)),
    eval: (...call) => within(timeout, driver.eval(...call)),
    scan: (pattern) => driver.scan(pattern),
  }
}

function within<Reply>(timeout: number, reply: Promise<Reply>): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`Redis did not reply within ${timeout} s; a write may still be carried out`))
    }, timeout * 1000)
    reply.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
