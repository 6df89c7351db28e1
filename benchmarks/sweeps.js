// How the time of a request grows: with the sessions that live, with the size of one, with the cookies of a request.
import { compareAll } from './compare-all.js'
import { contestant } from './contestants/index.js'
import { inProcessRunner } from './in-process/runner.js'
import { takeTurns } from './rounds.js'

const IN_FLIGHT = 32
/** A cookie holds 4096 bytes, its name and the encryption included. */
const COOKIE_ROOM = 2500

export const sweeps = [
  {
    id: 'live-sessions',
    title: 'Read, by the number of live sessions, visited at random',
    axis: 'live sessions',
    isLogarithmic: true,
    values: ({ sessions }) => sessions,
    contestants: ['hono', 'hono-ours', 'hono-webcrypto', 'hono-webcrypto-cached', 'hono-nodecrypto', 'hono-sessions'],
    preparation: (sessions) => ({ scenarioId: 'read', sessions, options: { maxSessions: 2 * sessions + 1000 } }),
  },
  {
    id: 'session-size-read',
    title: 'Read, by the size of the session',
    axis: 'bytes of data',
    isLogarithmic: true,
    values: ({ sizes }) => sizes,
    contestants: ['hono', 'hono-ours', 'hono-ours-cookie', 'hono-sessions', 'hono-official', 'remix-memory'],
    preparation: (size) => ({ scenarioId: 'read', options: { size } }),
  },
  {
    id: 'session-size-write',
    title: 'Write, by the size of the session',
    axis: 'bytes of data',
    isLogarithmic: true,
    values: ({ sizes }) => sizes,
    contestants: ['hono', 'hono-ours', 'hono-ours-cookie', 'hono-sessions', 'hono-official', 'remix-memory'],
    preparation: (size) => ({ scenarioId: 'write', options: { size } }),
  },
  {
    id: 'cookies',
    title: 'Read, by the number of other cookies in the header',
    axis: 'other cookies',
    isLogarithmic: false,
    values: ({ cookies }) => cookies,
    contestants: [
      'hono',
      'hono-ours',
      'hono-webcrypto',
      'hono-nodecrypto',
      'hono-official',
      'iron-session',
      'remix-memory',
    ],
    preparation: (cookies) => ({ scenarioId: 'read', cookies }),
  },
]

/** Rows of `{ sweep, x, contestant, … }`. */
export async function measureSweeps({ inProcess, sweeps: settings }, log) {
  const rows = []
  for (const { id: sweep, title, values, contestants, preparation } of sweeps) {
    for (const x of values(settings)) {
      log(`${title}: ${x}`)
      const able = contestants.filter(
        (id) => !(contestant(id).isInCookie && preparation(x).options?.size > COOKIE_ROOM),
      )
      const entries = able.map((id) => ({
        key: id,
        levels: [IN_FLIGHT],
        start: () => inProcessRunner({ id, ...preparation(x) }, inProcess),
      }))
      rows.push(...compareAll(await takeTurns(entries, settings.rounds), { sweep, x }))
    }
  }
  return rows
}
