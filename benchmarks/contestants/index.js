// Everyone who is measured. `base` is the same framework without sessions: the yardstick of the row.
// `isInCookie`: the cookie holds the session, so that it has to be small, and nothing is shared between requests.
// `isOnServer`: its sessions are in Redis or PostgreSQL, where a hundred thousand are not made in a moment.
// `isNodeOnly`: takes Node's request and response, so that it can be measured over HTTP only.
// `load` imports what the contestant needs and nothing more, so that a process holds one contestant alone.

const IN_COOKIE = new Set(['hono-ours-cookie', 'iron-session', 'remix-cookie', 'h3-session'])
const ON_SERVER = /-(redis|postgres)\b/

export const contestants = [
  bare('fetch', 'no framework', () => import('./bare.js').then((m) => m.bareFetch)),
  ours('fetch-ours', 'fetch-sessions, fetch adapter', 'fetch', (m) => m.oursFetch),
  library('iron-session', 'iron-session (cookie)', 'fetch', 'iron-session', () =>
    import('./iron-session.js').then((m) => m.ironSession),
  ),
  library('remix-memory', '@remix-run/session (memory)', 'fetch', '@remix-run/session', () =>
    import('./remix.js').then((m) => m.remixMemory),
  ),
  library('remix-cookie', '@remix-run/session (cookie)', 'fetch', '@remix-run/session', () =>
    import('./remix.js').then((m) => m.remixCookie),
  ),

  bare('hono', 'Hono', () => import('./bare.js').then((m) => m.bareHono)),
  bare('hono-empty', 'Hono, an empty middleware', () => import('./bare.js').then((m) => m.emptyHono), 'hono'),
  bare('hono-hmac', 'Hono, one WebCrypto HMAC', () => import('./bare.js').then((m) => m.hmacHono), 'hono'),
  ours('hono-ours', 'fetch-sessions, Hono adapter', 'hono', (m) => m.oursHono),
  ours('hono-ours-cookie', 'fetch-sessions, Hono, CookieStore', 'hono', (m) => m.oursHonoCookie),
  onNode('hono-ours-node', 'fetch-sessions, Hono, nodeSigner', (m) => m.oursHonoNode),
  onNode('hono-ours-redis', 'fetch-sessions, Hono, Redis', (m) => m.oursHonoRedis),
  onNode('hono-ours-postgres', 'fetch-sessions, Hono, PostgreSQL', (m) => m.oursHonoPostgres),
  byHand('hono-webcrypto', 'by hand, WebCrypto', (m) => m.webCrypto),
  byHand('hono-webcrypto-cached', 'by hand, WebCrypto and a cache', (m) => m.webCryptoCached),
  byHand('hono-nodecrypto', 'by hand, node:crypto', (m) => m.nodeCrypto),
  byHand('hono-signed', 'by hand, hono/cookie signed', (m) => m.honoSigned),
  guarded('hono-guarded', 'by hand, the same guarantees', () =>
    import('./by-hand-guarded.js').then((m) => m.guardedMemory),
  ),
  onServers('hono-redis', 'by hand, Redis, GET and SET', (m) => m.plainRedis),
  onServers('hono-redis-guarded', 'by hand, Redis, the same guarantees', (m) => m.guardedRedis),
  onServers('hono-postgres', 'by hand, PostgreSQL, SELECT and INSERT', (m) => m.plainPostgres),
  onServers('hono-postgres-guarded', 'by hand, PostgreSQL, the same guarantees', (m) => m.guardedPostgres),
  library('hono-sessions', 'hono-sessions (memory)', 'hono', 'hono-sessions', () =>
    import('./hono-sessions.js').then((m) => m.honoSessions),
  ),
  library('hono-sessions-redis', 'hono-sessions (Redis)', 'hono', 'hono-sessions', () =>
    import('./libraries-on-servers.js').then((m) => m.honoSessionsRedis),
  ),
  library('hono-official', '@hono/session (memory)', 'hono', '@hono/session', () =>
    import('./hono-official.js').then((m) => m.honoOfficial),
  ),

  bare('itty', 'itty-router', () => import('./bare.js').then((m) => m.bareIttyRouter)),
  ours('itty-ours', 'fetch-sessions, itty-router adapter', 'itty', (m) => m.oursIttyRouter),

  bare('h3', 'h3', () => import('./h3.js').then((m) => m.bareH3)),
  library('h3-session', 'h3 useSession (cookie)', 'h3', 'h3', () => import('./h3.js').then((m) => m.h3Session)),

  bare('express', 'Express', () => import('./express.js').then((m) => m.bareExpress), 'express', true),
  withNodeAdapter('express-ours', 'fetch-sessions, Express', 'express', (m) => m.oursExpress),
  withNodeAdapter('express-ours-redis', 'fetch-sessions, Express, Redis', 'express', (m) => m.oursExpressRedis),
  library(
    'express-session',
    'express-session (memory)',
    'express',
    'express-session',
    () => import('./express.js').then((m) => m.expressSessions),
    true,
  ),
  library(
    'express-redis',
    'express-session (Redis)',
    'express',
    'connect-redis',
    () => import('./libraries-on-servers.js').then((m) => m.expressRedis),
    true,
  ),
  library(
    'express-postgres',
    'express-session (PostgreSQL)',
    'express',
    'connect-pg-simple',
    () => import('./libraries-on-servers.js').then((m) => m.expressPostgres),
    true,
  ),

  bare('fastify', 'Fastify', () => import('./fastify.js').then((m) => m.bareFastify), 'fastify', true),
  withNodeAdapter('fastify-ours', 'fetch-sessions, Fastify', 'fastify', (m) => m.oursFastify),
  library(
    'fastify-session',
    '@fastify/session (memory)',
    'fastify',
    '@fastify/session',
    () => import('./fastify.js').then((m) => m.fastifySessions),
    true,
  ),
].map((one) => ({ isNodeOnly: false, isInCookie: IN_COOKIE.has(one.id), isOnServer: ON_SERVER.test(one.id), ...one }))

export function contestant(id) {
  const found = contestants.find((one) => one.id === id)
  if (found === undefined) throw new Error(`There is no contestant "${id}" in contestants/index.js`)
  return found
}

/** The contestant's application, as `{ fetch }` or `{ listen }`. Some are made asynchronously: they connect first. */
export async function build(id, options) {
  const create = await contestant(id).load()
  const app = await create(options)
  if (typeof app?.fetch !== 'function' && typeof app?.listen !== 'function') {
    throw new Error(`The contestant "${id}" has neither a function "fetch" nor "listen"`)
  }
  return app
}

/** Throws where one of ours, or the yardstick of a row, could not be measured: a fault to be found, not a row of the document. */
export function refuseFaults(rows) {
  const faults = rows
    .filter(({ contestant: id, fault }) => fault !== undefined && ['ours', 'bare'].includes(contestant(id).kind))
    .map(({ scenario, sweep, runtime, contestant: id, fault }) => {
      const place = [runtime, scenario ?? sweep].filter(Boolean).join(', ')
      return `${contestant(id).name} (${place}): ${fault}`
    })
  if (faults.length > 0) throw new Error(`Not measured, so no document is written:\n  ${faults.join('\n  ')}`)
}

function bare(id, name, load, base = id, isNodeOnly = false) {
  return { id, name, base, kind: 'bare', load, isNodeOnly }
}

function ours(id, name, base, pick) {
  return { id, name, base, kind: 'ours', load: () => import('./ours.js').then(pick) }
}

function onNode(id, name, pick) {
  return { id, name, base: 'hono', kind: 'ours', load: () => import('./ours-on-node.js').then(pick) }
}

function withNodeAdapter(id, name, base, pick) {
  const load = () => import('./ours-with-node-adapter.js').then(pick)
  return { id, name, base, kind: 'ours', load, isNodeOnly: true }
}

function byHand(id, name, pick) {
  return { id, name, base: 'hono', kind: 'by hand', load: () => import('./by-hand.js').then(pick) }
}

function guarded(id, name, load) {
  return { id, name, base: 'hono', kind: 'by hand', load }
}

function onServers(id, name, pick) {
  return guarded(id, name, () => import('./by-hand-on-servers.js').then(pick))
}

function library(id, name, base, packageName, load, isNodeOnly = false) {
  return { id, name, base, kind: 'library', packageName, load, isNodeOnly }
}
