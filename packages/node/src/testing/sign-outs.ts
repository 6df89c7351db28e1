import { gate } from '../../../core/src/testing/gate.js'
import type { SessionHandle } from '../index.js'
import type { Data } from './site.js'

/** What a handler does with its session, and how it waits until the client is gone. */
export type Work = (session: SessionHandle<Data>, isGone: () => Promise<void>) => Promise<void>

export const destroy = async (session: SessionHandle<Data>): Promise<void> => (await session.write()).destroy()
export const change = async (session: SessionHandle<Data>): Promise<unknown> => (await session.write()).set('count', 2)

/** Before and after the client has left. */
export const signOuts: Readonly<Record<string, Work>> = {
  'before the client left': async (session, isGone) => {
    await destroy(session)
    await isGone()
  },
  'of a session loaded before the client left': async (session, isGone) => {
    const loaded = await session.write()
    await isGone()
    loaded.destroy()
  },
  'after the client left': async (session, isGone) => {
    await isGone()
    await destroy(session)
  },
  'together with other changes': async (session, isGone) => {
    await change(session)
    await isGone()
    await destroy(session)
  },
}

/** Other changes, once the client has left. */
export const changeLate: Work = async (session, isGone) => {
  await isGone()
  await change(session)
}

/** What of a response each protocol has. */
interface Answer {
  write(text: string): unknown
  end(text?: string): unknown
  writeHead(status: number, headers: { location: string }): { end(): unknown }
}

/** What a handler does at its end. */
export const endings: Readonly<Record<string, (response: Answer) => unknown>> = {
  'never answers': () => {},
  'ends the response': (response) => response.end('bye'),
  'writes and ends it': (response) => {
    response.write('by')
    response.end('e')
  },
  'sends a head': (response) => void response.writeHead(303, { location: '/' }).end(),
  throws: () => {
    throw new Error('broken')
  },
}

/** Whether an ending, by its name, ends the response. */
export const isEnded = (ending: string): boolean => /^(ends|writes|sends|pipes)/.test(ending)

/** A handler that does its work and comes to its end, though the client leaves meanwhile. */
export interface Worker<Response> {
  handler(request: { readonly session: SessionHandle<Data> }, response: Response): Promise<void>
  /** When it waits until the client is gone, and when it is at its end. */
  readonly asked: Promise<void>
  readonly done: Promise<void>
}

export function worker<Response>(
  work: Work,
  end: (response: Response) => unknown,
  closed: (response: Response) => Promise<void>,
): Worker<Response> {
  const [asked, done] = [gate(), gate()]
  const handler = async (request: { readonly session: SessionHandle<Data> }, response: Response): Promise<void> => {
    const isGone = (): Promise<void> => {
      asked.open()
      return closed(response)
    }
    try {
      await work(request.session, isGone)
      await end(response)
    } finally {
      done.open()
    }
  }
  return { handler, asked: asked.opened, done: done.opened }
}
