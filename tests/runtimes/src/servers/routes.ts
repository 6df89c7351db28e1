import type { SessionHandle } from '@fetch-sessions/core'
import { constants } from './constants.js'

export interface Data {
  count: number
  user: string
  outside: number
}

type Route = (session: SessionHandle<Data>, request: Request) => Response | Promise<Response>

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function increment(session: SessionHandle<Data>): Promise<number> {
  return (await session.write()).update('count', (n = 0) => n + 1)
}

/** What the server of each runtime does under each adapter. `http/adapters.test.ts` says what has to come of it. */
export const routes: Record<string, Route> = {
  ...Object.fromEntries(Object.entries(constants).flatMap(([name, answer]) => shared(name, answer))),
  '/untouched': () => new Response('same for all'),
  '/read': async (session) => {
    const readable = await session.read()
    return Response.json({ isNew: readable.isNew, ...readable.toJSON() })
  },
  '/count': async (session) => new Response(String(await increment(session))),
  '/greet': async (session) => new Response(`Zoë was here: ${await increment(session)}`),
  '/slow-count': async (session) => {
    await session.read()
    await pause(100) // Long enough for another request to read the same state.
    return new Response(String(await increment(session)))
  },
  '/sign-in': async (session) => {
    const writable = await session.write()
    writable.regenerate()
    writable.set('user', 'ada')
    return new Response(null, { status: 204 })
  },
  '/sign-out': async (session) => {
    ;(await session.write()).destroy()
    return new Response('bye')
  },
  '/slow-sign-out': async (session) => {
    const writable = await session.write()
    await pause(2000) // Long enough for its client to leave, on a busy machine as well.
    writable.destroy()
    return new Response('bye')
  },
  '/redirect': async (session, request) => {
    await increment(session)
    return Response.redirect(new URL('read', request.url), 303)
  },
  '/cookies': async (session) => {
    await increment(session)
    const headers = new Headers({ 'Set-Cookie': 'a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT' })
    headers.append('Set-Cookie', 'b=2')
    return new Response('three cookies', { headers })
  },
  '/endless': async (session) => {
    await increment(session)
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await pause(20)
          controller.enqueue(new TextEncoder().encode('more '))
        },
      }),
    )
  },
  '/late-read': (session) => {
    const stream = new ReadableStream({
      async start(controller) {
        await pause(20) // The response is under way, and its session was not asked for before.
        const count = (await session.read()).get('count')
        controller.enqueue(new TextEncoder().encode(String(count)))
        controller.close()
      },
    })
    return new Response(stream)
  },
  '/save-in-stream': async (session) => {
    await increment(session)
    const stream = new ReadableStream({
      async start(controller) {
        await pause(20) // The response is under way.
        await session.save((writable) => void writable.update('count', (n = 0) => n + 1))
        controller.enqueue(new TextEncoder().encode('saved'))
        controller.close()
      },
    })
    return new Response(stream)
  },
}

/** Pages that return one Response to everybody. */
function shared(name: string, answer: () => Response): [string, Route][] {
  return [
    [`/shared/${name}`, answer],
    [
      `/shared/${name}/sign-in`,
      async (session, request) => {
        const writable = await session.write()
        writable.set('user', new URL(request.url).searchParams.get('user') ?? '').regenerate()
        await pause(50) // Others come to wait at the same point.
        return answer()
      },
    ],
  ]
}
