import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { type Answer, Visitor } from './visitor.js'

/** What the application of each framework can do. */
export type Action = 'count' | 'sign-in' | 'sign-out' | 'fail'

/** An application that runs. */
export interface Site {
  readonly origin: string
  /** The page that says what is in the session, one that is the same for all, and one that streams. */
  readonly paths: Readonly<Record<'home' | 'public' | 'live', string>>
  /** Whether to sign in and out leads home, or is just answered. */
  readonly redirects: boolean
  /** Does it as the framework's own pages do: by a form, an action, a call. */
  act(visitor: Visitor, action: Action): Promise<Answer>
}

/** What a page says of its visitor. */
interface Seen {
  count: number
  user: string
}

export interface Check {
  readonly name: string
  run(site: Site): Promise<void>
}

/** The name of the session cookie. A framework may have cookies of its own. */
const SID = '__Host-sid'

const NEW: Seen = { count: 0, user: 'nobody' }

/** What has to hold in the application of each framework. */
export const checks: readonly Check[] = [
  {
    name: 'counts',
    async run(site) {
      const visitor = new Visitor(site.origin)
      deepEqual(await look(site, visitor), NEW)
      ok(!visitor.cookies.has(SID), 'who only reads gets no cookie')
      await counted(site, visitor)
      await counted(site, visitor)
      ok(visitor.cookies.has(SID))
      await Promise.all(Array.from({ length: 6 }, () => counted(site, visitor)))
      deepEqual(await look(site, visitor), { count: 8, user: 'nobody' })
      deepEqual(await look(site, new Visitor(site.origin)), NEW)
    },
  },
  {
    name: 'signs in',
    async run(site) {
      const visitor = new Visitor(site.origin)
      await counted(site, visitor)
      const before = visitor.cookies.get(SID)
      const answer = await site.act(visitor, 'sign-in')
      leadsHome(site, answer)
      notEqual(visitor.cookies.get(SID), before)
      deepEqual(await look(site, visitor), { count: 1, user: 'ada' })
    },
  },
  {
    name: 'lets the cookie of before open nothing',
    async run(site) {
      const visitor = new Visitor(site.origin)
      await counted(site, visitor)
      const before = visitor.copy()
      await site.act(visitor, 'sign-in')
      deepEqual(await look(site, before), NEW)
    },
  },
  {
    name: 'saves nothing when a handler throws',
    async run(site) {
      const visitor = new Visitor(site.origin)
      const first = await site.act(visitor, 'fail')
      ok(first.status >= 500, `a failure is answered with ${first.status}`)
      ok(!visitor.cookies.has(SID), 'a new visitor gets no cookie with a failure')
      await counted(site, visitor)
      const second = await site.act(visitor, 'fail')
      ok(second.status >= 500)
      deepEqual(ownCookies(second), [])
      deepEqual(await look(site, visitor), { count: 1, user: 'nobody' })
    },
  },
  {
    name: 'signs out',
    async run(site) {
      const visitor = new Visitor(site.origin)
      await site.act(visitor, 'sign-in')
      const before = visitor.copy()
      const answer = await site.act(visitor, 'sign-out')
      leadsHome(site, answer)
      ok(!visitor.cookies.has(SID), 'the cookie is removed')
      deepEqual([await look(site, visitor), await look(site, before)], [NEW, NEW])
    },
  },
  {
    name: 'tells caches',
    async run(site) {
      const visitor = new Visitor(site.origin)
      ok(isKeptByNobodyElse(await visitor.send(site.paths.home)), 'a page that reads says Vary: Cookie, or is private')
      const answer = await site.act(visitor, 'count')
      equal(ownCookies(answer).length, 1)
      match(answer.headers.get('cache-control') ?? '', /private|no-store/)
      const open = await visitor.send(site.paths.public)
      deepEqual([open.status, varies(open), ownCookies(open)], [200, false, []])
      match(open.text, /the same for all/)
    },
  },
  {
    name: 'streams, and saves while it does',
    async run(site) {
      const visitor = new Visitor(site.origin)
      await counted(site, visitor)
      // A server that compresses may hold back a part that is small.
      const headers = { accept: 'text/event-stream, */*', 'accept-encoding': 'identity' }
      const response = await visitor.open(site.paths.live, { headers })
      ok(isKeptByNobodyElse(response), 'a stream that reads says Vary: Cookie, or is private')
      const parts = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      // The second part is sent only once somebody has counted: who waits for the whole body waits for ever.
      while (!text.includes('count: 1')) text += await next(parts)
      await counted(site, visitor)
      for (let part = ''; part !== undefined; part = (await parts?.read())?.value as string) text += part
      match(text, /count: 2/)
      deepEqual(await look(site, visitor), { count: 2, user: 'nobody, who saw it live' })
    },
  },
]

async function next(parts: ReadableStreamDefaultReader<string> | undefined): Promise<string> {
  const { value, done } = (await parts?.read()) ?? { done: true }
  if (done || value === undefined) throw new Error('The stream ended before its first part came')
  return value
}

async function counted(site: Site, visitor: Visitor): Promise<void> {
  const { status, text } = await site.act(visitor, 'count')
  ok(status < 400, `to count is answered with ${status} ${text.slice(0, 200)}`)
}

/** The page that says what is in the session, whatever else it shows. */
async function look({ paths }: Site, visitor: Visitor): Promise<Seen> {
  const { status, text } = await visitor.send(paths.home)
  const [, count, user] = text.match(/count: (\d+), user: ([a-z, ]+)/) ?? []
  if (status !== 200 || user === undefined) throw new Error(`The page is a ${status}: ${text.slice(0, 400)}`)
  return { count: Number(count), user }
}

function ownCookies({ headers }: Answer): string[] {
  return headers.getSetCookie().filter((line) => line.startsWith(`${SID}=`))
}

function leadsHome({ redirects }: Site, { status, headers }: Answer): void {
  if (redirects) deepEqual([status, new URL(headers.get('location') ?? '', 'http://site.example').pathname], [303, '/'])
  else equal(status, 200)
}

/** Whether a cache that many share does not show this to another visitor. */
function isKeptByNobodyElse(answer: { headers: Headers }): boolean {
  return varies(answer) || /\b(private|no-store)\b/.test(answer.headers.get('cache-control') ?? '')
}

function varies({ headers }: { headers: Headers }): boolean {
  return (headers.get('vary') ?? '').split(/, */).some((name) => name.toLowerCase() === 'cookie')
}
