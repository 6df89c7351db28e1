// Interleaved rounds: A B C, A B C, and so on, so that what else the machine does meets all of them alike.
import { inParallel } from './processes/in-parallel.js'

/**
 * @param entries - `{ key, levels, start }`: `start()` makes a runner with `prepare()`, which resolves to a fault or
 *   nothing, `warmUp(level)`, `turn(level)` and `stop()`. A runner that throws is out, and its error is its fault.
 * @returns by key `{ fault }`, or `{ turns }`: what `turn` resolved to, by level and round
 */
export async function takeTurns(entries, rounds) {
  const runners = new Map()
  const results = new Map()
  const attempt = async ({ key }, work) => {
    if (results.get(key)?.fault !== undefined) return
    try {
      await work()
    } catch (error) {
      results.set(key, { fault: `fails: ${error.message.split('\n')[0]}` })
    }
  }
  try {
    // Two at once: setting up is not timed.
    await inParallel(2, entries, (entry) =>
      attempt(entry, async () => {
        const runner = entry.start()
        runners.set(entry.key, runner)
        const fault = (await runner.prepare()) ?? undefined
        const turns = Object.fromEntries(entry.levels.map((level) => [level, []]))
        results.set(entry.key, fault === undefined ? { turns } : { fault })
      }),
    )
    await eachInTurn(entries, (entry, level) => attempt(entry, () => runners.get(entry.key).warmUp(level)))
    for (let round = 0; round < rounds; round++) {
      await eachInTurn(entries, (entry, level) =>
        attempt(entry, async () => {
          const { [level]: turns } = results.get(entry.key).turns
          turns.push(await runners.get(entry.key).turn(level))
        }),
      )
    }
  } finally {
    for (const runner of runners.values()) runner.stop()
  }
  // Those who were ready first come first in the map: back to the order of the entries.
  return new Map(entries.map(({ key }) => [key, results.get(key)]))
}

async function eachInTurn(entries, work) {
  for (const entry of entries) for (const level of entry.levels) await work(entry, level)
}
