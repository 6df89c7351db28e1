// Contestants are compared within one round, so that what else the machine does meets all of them alike.

export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)]
  return low + (sorted[Math.ceil(at)] - low) * (at % 1)
}

/** Median and quartiles. */
export function summary(values) {
  return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) }
}

/**
 * @param turns - what one request took, `wall` and `cpu`, round by round
 * @param baseTurns - the same of the bare framework, in the same rounds
 * @returns for each of both the time, what is added to the base, and the speed as a share of the base's
 */
export function compare(turns, baseTurns) {
  return { wall: compareBy('wall', turns, baseTurns), cpu: compareBy('cpu', turns, baseTurns) }
}

function compareBy(clock, turns, baseTurns) {
  return {
    time: summary(turns.map((turn) => turn[clock])),
    added: summary(turns.map((turn, round) => turn[clock] - baseTurns[round][clock])),
    share: summary(turns.map((turn, round) => baseTurns[round][clock] / turn[clock])),
  }
}
