/** From this on the machine had other things to do, and the clock on the wall tells of them. */
const BUSY = 1.15

/** By which clock to report: `wall`, or `cpu` if the machine was busy. */
export function chooseClock({ inProcess = [] }) {
  // Without sessions and one at a time there is nothing to wait for: wall and processor time should be the same.
  const bare = inProcess.filter(({ contestant, inFlight, fault }) => contestant === 'hono' && inFlight === 1 && !fault)
  const factors = bare.map(({ wall, cpu }) => wall.time.median / cpu.time.median).sort((a, b) => a - b)
  const factor = factors[Math.floor(factors.length / 2)] ?? 1
  return { clock: factor > BUSY ? 'cpu' : 'wall', factor }
}
