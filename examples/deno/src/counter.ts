import type { SessionHandle } from '@fetch-sessions/core'

export interface CounterData {
  count: number
}

/** `/` shows the count, `/inc` counts up, `/reset` begins anew. */
export async function counter(request: Request, session: SessionHandle<CounterData>): Promise<Response> {
  switch (new URL(request.url).pathname) {
    case '/':
      return new Response(`count: ${(await session.read()).get('count') ?? 0}\n`)
    case '/inc': {
      const writable = await session.write()
      return new Response(`count: ${writable.update('count', (count = 0) => count + 1)}\n`)
    }
    case '/reset':
      ;(await session.write()).delete('count')
      return new Response('count: 0\n')
    default:
      return new Response('Not found\n', { status: 404 })
  }
}
