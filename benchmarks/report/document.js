// Writes docs/performance.md and its plots from what was measured.
import { mkdirSync, writeFileSync } from 'node:fs'
import { isPinned } from '../processes/cores.js'
import { settings } from '../settings.js'
import { sweeps } from '../sweeps.js'
import { chooseClock } from './clock.js'
import { goalsOf } from './goals.js'
import { number } from './markdown.js'
import { plot } from './plot.js'
import {
  concurrencySection,
  goalsSection,
  httpSection,
  inProcessSection,
  memorySection,
  runtimesSection,
  sizeSection,
  sweepPlot,
  sweepSection,
} from './sections.js'
import { describe } from './versions.js'

const DOCS = new URL('../../docs/', import.meta.url)

export function writeDocument(results) {
  mkdirSync(new URL('performance/', DOCS), { recursive: true })
  const { clock, factor } = chooseClock(results)
  for (const { id } of results.sweeps === undefined ? [] : sweeps) {
    writeFileSync(new URL(`performance/${id}.svg`, DOCS), plot(sweepPlot(results.sweeps, clock, id)))
  }
  writeFileSync(new URL('performance.md', DOCS), compose(results, clock, factor))
}

function compose(results, clock, factor) {
  const { mode, inProcess, http, sweeps: swept, concurrency, memory, runtimes, size } = results
  const parts = [
    '# Performance',
    `<!-- Written by "pnpm bench". Do not edit. -->`,
    'What sessions cost, measured against the same framework without sessions, and against other session libraries.',
    `\`\`\`sh\nnpx -y pnpm@12 bench${mode === 'quick' ? ' --quick' : ''}\n\`\`\``,
    mode === 'quick' && '**From a quick run, which shows that everything runs and little more.**',
    describe({ isPinned })
      .map((line) => `- ${line}`)
      .join('\n'),
    METHOD,
    clock === 'cpu' &&
      `**The machine was busy** (a request took ${factor.toFixed(1)} times its processor time), so times and shares below are of processor time, all threads included. Requests a second are by the clock on the wall.`,
    inProcess && `## In process\n\n${IN_PROCESS}\n\n${inProcessSection(inProcess, clock)}`,
    http && `## Over HTTP\n\n${httpText(mode)}\n\n${httpSection(http, clock)}`,
    swept && `## How it grows\n\n${GROWTH}`,
    ...(swept ? sweeps.map((sweep) => sweepSection(swept, clock, sweep, `performance/${sweep.id}.svg`)) : []),
    concurrency && `## Requests at the same time\n\n${CONCURRENCY}\n\n${concurrencySection(concurrency)}`,
    memory && `## Memory\n\n${MEMORY}\n\n${memorySection(memory)}`,
    runtimes && `## Other runtimes\n\n${RUNTIMES}\n\n${runtimesSection(runtimes, clock)}`,
    size && `## Size\n\n${SIZE}\n\n${sizeSection(size)}`,
    `## Goals\n\n${GOALS}\n\n${goalsSection(goalsOf(results))}\n\n${WHERE_TIME_GOES}`,
  ]
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

const GOALS = `What we aim at, and what this run says of it. "Speed" is requests a second. Where neither side
does anything, as on an untouched route, look at the spread in the tables above before making much of a difference. Behind each median are its quartiles; a
comparison whose quartiles lie on both sides of 1 is called level.`

const WHERE_TIME_GOES = `Where the time goes, for the goals that are missed. \`node benchmarks/profile.js hono-ours read\` lists the functions, with
the processor time of each.

- **A read** is 2 microseconds of our own functions: finding the cookie among those that verified, copying the record, its JSON.
  \`Vary\` on the response is most of the rest: the platform then makes \`Headers\` that it would not need. In Hono, \`Vary\` is
  prepared before there is a response, and the context gets another prototype, for caches that stand between: 1.3
  microseconds, of which a route that leaves its session alone pays none.
- **A write** is a read, JSON once more, a new record, and the store's compare-and-set.
- **A malformed cookie**: finding it takes little; a new, empty session, a promise or two and \`Vary\` are the rest.
- **A new session** is an HMAC and what goes with it. Of 64 microseconds in a profile over HTTP the HMAC is 23, nearly all of
  that handing the work to another thread; writing to the socket 14; the random token and the SHA-256 that is its id 5; the
  record 3; a response of its own with three headers, since the handler's may serve everybody, 3; the rest is the server's.
  "One WebCrypto HMAC" has no token, no id, no record and no such response. \`nodeSigner\` needs no other thread. Others sign with \`node:crypto\` always.
  The ids of Remix (\`crypto.randomUUID\`, 0.3 microseconds for our 5.9) and of @fastify/session come out of a pool of random
  bytes that were drawn before. Ours are drawn when they are needed: a snapshot of a machine would give what is in a pool to
  two visitors.
  Where several are under way, they are handed over together, which wakes fewer threads: a third of the time of 32 requests in
  flight on two cores. Over HTTP a server has one core here, where there is nobody to wake.
- **A cookie not seen before**, and many live sessions: the MAC is verified, the token hashed to the id, so that what is at
  rest opens nothing. By hand there is the MAC alone. A hundred thousand visitors are ten times as many as
  \`verifiedCacheSize\` remembers by default. Once that many are, who comes for the first time is not remembered.
- **Untouched routes**: of iron-session and Remix there is nothing in the way; it is the bare handler that they are compared
  with.
- **Express** gives each response another prototype. After that, V8 takes some 2 microseconds for each property that is added,
  and holding a response back until the store has answered adds four, the session two. Over HTTP bare Express varies by a
  third from turn to turn.
- **Fastify**: two hooks and the response that is held back, 4 to 6 microseconds. @fastify/session signs with \`node:crypto\`,
  on the spot.
- **Redis**: each call has a limit of time, and each reply is checked to be the one to its call, for the right session.
  node-redis gives each command a signal of its own as well, which MULTI by hand does without: 6 of 117 microseconds of a new session. A read asks
  whether the server is still the master. **PostgreSQL**: each answer has to say what it answers, as clients have been seen to
  mix them up, and a write has more columns (owner, notes).
- **Over HTTP**: bare Hono answers without a promise where no middleware is, and \`@hono/node-server\` has a shorter way for
  that. The row of an empty middleware shows what any middleware costs.`

const METHOD = `How it is measured:

- Every contestant has three routes: one that leaves the session alone, one that reads a count, one that adds one to it.
  Before anything is timed, the count has to count and a changed cookie has to open nothing; a library that fails there
  has no number, and where one of ours does, nothing is written at all.
- Each contestant runs in a fresh process. Those of one framework, and those whose sessions are on a server, take turns in
  rounds (A B C, A B C), warmed up before, and each is compared with the bare framework of the same round. Numbers are
  medians over the rounds, with the quartiles behind. A turn of those on a server is four times as long: the database's
  caches are full of the one before.
- The built packages are measured, with their defaults. The session holds about 100 bytes.
- "By hand" is what one writes without a library: a signed random token and a \`Map\`, with no expiry, no limit on memory,
  no \`Vary\` and no \`Cache-Control\`; on a server a GET and a SET, where the last writer wins. "By hand, the same
  guarantees" is what fetch-sessions promises, written for this one application: compare-and-set, an idle and an
  absolute end, an id at rest that opens nothing, \`Vary\` and \`Cache-Control\`.
- Libraries that keep the session in the cookie are marked so: they have no store, and can't sign anyone out.`

const IN_PROCESS = `Microseconds that a request takes longer than in the bare framework, whose own time is in brackets. Requests are made
before the clock starts, and nothing goes over a socket.`

const httpText = (
  mode,
) => `Clients keep their connections and ask again as soon as they are answered. "Many live sessions" are ${number(settings[mode].http.crowd)},
visited at random; all had been there before.`

const GROWTH = 'In process, 32 requests in flight; the time of the whole request.'

const CONCURRENCY = `A hundred requests at once add one to the count of the same session. The store answers after one millisecond.`

const MEMORY = `\`MemoryStore\`, with sessions made by a manager with its defaults.`

const SIZE = `Core with the fetch adapter, bundled and minified by esbuild, without a store. A method of the manager can't be left out by a
bundler, so that an application has administration and \`exclusive\` in it whether it calls them or not. The other libraries
are bundled alike, without a framework; they do less, and say less about what is wrong.`

const RUNTIMES = `Microseconds that a request takes longer than in bare Hono (whose own time is in brackets), one at a time / 32 in
flight. The clock of workerd stands still while it works, so it is timed from outside and the bare time includes what it
takes to make the requests.`
