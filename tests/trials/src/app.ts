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
    if (pathname === '/sign-out-everywhere') return Response.json((await sessions.destroyByOwner(owner)) ?? null)
    if (pathname === '/destroy') return Response.json(await sessions.destroy(searchParams.get('id') ?? ''))

    const writable = pathname === '/' ? undefined : await handle.write()
    const session = writable ?? (await handle.read())
    if (pathname === '/sign-in') {
      writable?.set('count', 0)
      writable?.set('text', 'x'.repeat(Number(searchParams.get('length') ?? 0)))
      writable?.setOwner(owner || undefined)
    } else if (session.isNew) {
      return new Response('Signed out', { status: 401 })
    } else {
      if (pathname === '/increment') writable?.update('count', (count = 0) => count + 1)
      if (pathname === '/regenerate') writable?.regenerate()
      if (pathname === '/sign-out') {
        writable?.destroy()
        return Response.json({ id: session.id, owner: undefined, count: undefined } satisfies Seen)
      }
    }
    // What was not stored must not be told.
    await handle.save()
    return Response.json({ id: session.id, owner: session.owner, count: session.get('count') } satisfies Seen)
  }, sessions)
}
