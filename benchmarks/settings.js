// How much is measured. The full run takes about half an hour, the quick one a few minutes at most.

const full = {
  /**
   * Rounds in which every contestant has its turn, milliseconds of a turn, and of warming up. A turn `onServers` is longer:
   * a database finds its caches filled by the one before, and needs some hundred requests to be as fast as it is.
   */
  inProcess: {
    rounds: 5,
    runtimeRounds: 3,
    ms: 40,
    warmUpMs: 200,
    warmUpRequests: 15_000,
    onServers: { ms: 160, warmUpMs: 400 },
    inFlight: [1, 32],
    more: { read: [256], write: [256] },
  },
  http: {
    rounds: 5,
    ms: 200,
    leadInMs: 50,
    warmUpMs: 400,
    warmUpRequests: 6000,
    onServers: { ms: 800, leadInMs: 200, warmUpMs: 800 },
    inFlight: [32],
    more: { read: [256], write: [256] },
    crowd: 100_000,
  },
  sweeps: {
    rounds: 3,
    sessions: [100, 1000, 10_000, 100_000, 1_000_000],
    sizes: [100, 1000, 10_000, 100_000],
    cookies: [1, 5, 10, 20, 50],
  },
  memory: { live: 100_000, churn: 1_000_000 },
  contestants: () => true,
  scenarios: () => true,
}

const QUICK_CONTESTANTS = new Set(['fetch', 'hono', 'hono-empty', 'hono-webcrypto', 'hono-sessions', 'itty'])

const quick = {
  inProcess: {
    rounds: 3,
    runtimeRounds: 2,
    ms: 20,
    warmUpMs: 100,
    warmUpRequests: 5000,
    onServers: {},
    inFlight: [1, 32],
    more: {},
  },
  http: {
    rounds: 2,
    ms: 200,
    leadInMs: 50,
    warmUpMs: 200,
    warmUpRequests: 3000,
    onServers: {},
    inFlight: [32],
    more: {},
    crowd: 10_000,
  },
  sweeps: { rounds: 2, sessions: [100, 10_000], sizes: [100, 10_000], cookies: [1, 50] },
  memory: { live: 30_000, churn: 50_000 },
  contestants: ({ id, kind }) => kind === 'ours' || QUICK_CONTESTANTS.has(id),
  scenarios: ({ id }) => ['untouched-cookie', 'read', 'write', 'tampered'].includes(id),
}

export const settings = { full, quick }

/** The settings of a part, for one contestant. */
export function settingsOf({ onServers, ...part }, { isOnServer }) {
  return isOnServer ? { ...part, ...onServers } : part
}
