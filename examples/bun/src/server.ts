import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { withSession } from '@fetch-sessions/fetch'
import { type CounterData, counter } from './counter.js'

declare const Bun: {
  env: Record<string, string | undefined>
  serve(options: { port: number; fetch: (request: Request) => Promise<Response> }): { url: URL }
}

const sessions = new SessionManager<CounterData>({
  store: new MemoryStore(),
  secret: Bun.env.SESSION_SECRET,
  // Over plain http only a browser sends a Secure cookie to localhost; leave this out in production.
  cookie: { secure: false },
})

const server = Bun.serve({ port: Number(Bun.env.PORT ?? 3000), fetch: withSession(counter, sessions) })
console.log(`The counter is at ${server.url}`)
