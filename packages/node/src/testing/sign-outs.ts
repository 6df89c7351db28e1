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
