import { type SessionManager, withSession } from '@fetch-sessions/fetch'

/** What a session of the trials holds. */
export interface Visit {
  count: number
  text: string
}

/** What a visitor is told of the session: the answer to each request that found one. */
export interface Seen {
  id: string
  owner: string | undefined
  count: number | undefined
}

/** The application of the trials. Who has no session, or none any more, gets a 401 and no cookie. */
export function trialApp(sessions: SessionManager<Visit>): (request: Request) => Promise<Response> {
  return withSession(async (request, handle) => {
    const { pathname, searchParams } = new URL(request.url)
    const owner = searchParams.get('owner') ?? ''
    if (pathname === '/sessions') return Response.json(await sessions.listByOwner(owner))
    if (pathname === '/sign-out-everywhere') return Response.json(await sessions.destroyByOwner(owner))

    const session = pathname === '/' ? await handle.read() : await handle.write()
    if ('set' in session && pathname === '/sign-in') {
      session.set('count', 0)
      session.set('text', 'x'.repeat(Number(searchParams.get('length') ?? 0)))
      session.setOwner(owner || undefined)
    } else if (session.isNew) {
      return new Response('Signed out', { status: 401 })
    } else if ('set' in session) {
      if (pathname === '/increment') session.update('count', (count = 0) => count + 1)
      if (pathname === '/regenerate') session.regenerate()
      if (pathname === '/sign-out') {
        session.destroy()
        return Response.json({ id: session.id, owner: undefined, count: undefined } satisfies Seen)
      }
    }
    // What was not stored must not be told.
    await handle.save()
    return Response.json({ id: session.id, owner: session.owner, count: session.get('count') } satisfies Seen)
  }, sessions)
}
