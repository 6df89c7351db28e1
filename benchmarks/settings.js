// How much is measured. The full run takes about a quarter of an hour, the quick one a minute or two.

const full = {
  /** Rounds in which every contestant has its turn, milliseconds of a turn, and of warming up. */
  inProcess: { rounds: 9, ms: 50, warmUpMs: 250, inFlight: [1, 32], more: { read: [256], write: [256] } },
  http: { rounds: 5, ms: 500, warmUpMs: 700, inFlight: [32], more: { read: [1, 256], write: [1, 256] } },
  plots: {
    rounds: 5,
    sessions: [100, 1000, 10_000, 100_000, 1_000_000],
    sizes: [100, 1000, 10_000, 100_000],
    cookies: [1, 5, 10, 20, 50],
  },
  memory: { live: 200_000, churn: 1_000_000, expiring: 100_000 },
  contestants: () => true,
  scenarios: () => true,
}

const quick = {
  inProcess: { rounds: 3, ms: 20, warmUpMs: 100, inFlight: [1, 32], more: {} },
  http: { rounds: 2, ms: 300, warmUpMs: 300, inFlight: [32], more: {} },
  plots: { rounds: 2, sessions: [100, 10_000], sizes: [100, 10_000], cookies: [1, 50] },
  memory: { live: 20_000, churn: 50_000, expiring: 20_000 },
  contestants: ({ base, kind }) => base === 'hono' || kind !== 'library',
  scenarios: ({ id }) => ['untouched-cookie', 'read', 'write', 'tampered'].includes(id),
}

export const settings = { full, quick }
