import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { withSession } from '@fetch-sessions/fetch'
import { type CounterData, counter } from './counter.ts'

declare const Deno: {
  env: { get(name: string): string | undefined }
  serve(options: { port: number }, handler: (request: Request) => Promise<Response>): unknown
}

const sessions = new SessionManager<CounterData>({
  store: new MemoryStore(),
  secret: Deno.env.get('SESSION_SECRET'),
  // Over plain http only a browser sends a Secure cookie to localhost; leave this out in production.
  cookie: { secure: false },
})

Deno.serve({ port: Number(Deno.env.get('PORT') ?? 3000) }, withSession(counter, sessions))
