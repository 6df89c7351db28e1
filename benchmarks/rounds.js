// Interleaved rounds: A B C, A B C, and so on, so that what else the machine does meets all of them alike.
import { inParallel } from './processes/in-parallel.js'

/**
 * @param entries - `{ key, levels, start }`: `start()` makes a runner with `prepare()`, which resolves to a fault or
 *   nothing, `warmUp(level)`, `turn(level)` and `stop()`
 * @returns by key `{ fault }`, or `{ turns }`: what `turn` resolved to, by level and round
 */
export async function takeTurns(entries, rounds) {
  const runners = new Map()
  const results = new Map()
  try {
    // Two at once: setting up is not timed.
    await inParallel(2, entries, async ({ key, levels, start }) => {
      const runner = start()
      runners.set(key, runner)
      const fault = (await runner.prepare()) ?? undefined
      results.set(key, fault === undefined ? { turns: Object.fromEntries(levels.map((n) => [n, []])) } : { fault })
    })
    const able = entries.filter(({ key }) => results.get(key).fault === undefined)
    for (const { key, levels } of able) for (const level of levels) await runners.get(key).warmUp(level)
    for (let round = 0; round < rounds; round++) {
      for (const { key, levels } of able) {
        for (const level of levels) results.get(key).turns[level].push(await runners.get(key).turn(level))
      }
    }
  } finally {
    for (const runner of runners.values()) runner.stop()
  }
  // Those who were ready first come first in the map: back to the order of the entries.
  return new Map(entries.map(({ key }) => [key, results.get(key)]))
}
