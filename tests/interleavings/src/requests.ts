import type { ReadableSession, WritableSession } from '@fetch-sessions/core'
import type { Data } from './core.js'
import type { Plan, Visit } from './scenario.js'

/** How a request that reads sees its session. */
async function look({ handle, told }: Visit): Promise<ReadableSession<Data>> {
  const session = await handle.read()
  see(told, session)
  return session
}

async function acquire({ handle, told }: Visit): Promise<WritableSession<Data>> {
  const session = await handle.write()
  see(told, session)
  return session
}

function see(told: Visit['told'], session: ReadableSession<Data> | WritableSession<Data>): void {
  const { id, isNew } = session
  told.seen ??= { id, isNew, data: structuredClone(session.toJSON()) as Partial<Data> }
}

function mark({ letter, told }: Visit, session: WritableSession<Data>): void {
  session.update('marks', (marks = []) => [...marks, letter])
  told.marked = true
}

type Options = Partial<Omit<Plan, 'act' | 'says'>>

function plan(says: string, options: Options | undefined, act: Plan['act']): Plan {
  return { says, ...options, act }
}

export const read = (options?: Options): Plan => plan('reads', options, async (visit) => void (await look(visit)))

export const add = (options?: Options): Plan =>
  plan('updates', options, async (visit) => mark(visit, await acquire(visit)))

export const set = (key: 'left' | 'right', options?: Options): Plan =>
  plan(`sets ${key}`, options, async (visit) => {
    ;(await acquire(visit)).set(key, visit.letter)
    visit.told.set.push(key)
  })

export const signIn = (user: string, options?: Options & { restart?: boolean; adds?: boolean }): Plan =>
  plan(`signs in as ${user}`, options, async (visit) => {
    const session = await acquire(visit)
    session.regenerate(options?.restart ? { restart: true } : {})
    session.set('user', user)
    session.set('by', visit.letter)
    session.setOwner(user)
    if (options?.adds) mark(visit, session)
    visit.told.signedInAs = user
  })

export const rotate = (grace: number, options?: Options): Plan =>
  plan(`rotates with ${grace} s of grace`, options, async (visit) => {
    const session = await acquire(visit)
    session.regenerate({ grace })
    visit.told.rotated = true
  })

export const signOut = (options?: Options & { throws?: boolean }): Plan =>
  plan(options?.throws ? 'signs out, then throws' : 'signs out', options, async (visit) => {
    const session = await acquire(visit)
    visit.told.ends = 'own'
    session.destroy()
    if (options?.throws) fail(visit)
  })

export const addAndThrow = (options?: Options): Plan =>
  plan('updates, then throws', options, async (visit) => {
    mark(visit, await acquire(visit))
    fail(visit)
  })

export const saveInTheMiddle = (options?: Options): Plan =>
  plan('updates, saves, sets left', options, async (visit) => {
    const session = await acquire(visit)
    mark(visit, session)
    await visit.handle.save()
    if (visit.told.dropped.length > 0) return
    session.set('left', visit.letter)
    visit.told.set.push('left')
  })

export const signInSaveAndThrow = (user: string, options?: Options): Plan =>
  plan(`signs in as ${user}, saves, then throws`, options, async (visit) => {
    const session = await acquire(visit)
    session.regenerate()
    session.set('user', user)
    session.set('by', visit.letter)
    await visit.handle.save()
    visit.told.saved = true
    visit.told.signedInAs = user
    fail(visit)
  })

export const addSaveAndThrow = (options?: Options): Plan =>
  plan('updates, saves, then throws', options, async (visit) => {
    mark(visit, await acquire(visit))
    await visit.handle.save()
    visit.told.saved = true
    fail(visit)
  })

export const alone = (options?: Options): Plan =>
  plan('updates alone', options, async (visit) => {
    await acquire(visit)
    await visit.handle.exclusive(
      async (session) => {
        const from = visit.step()
        const marks = [...(session.get('marks') ?? [])]
        // As long as others do something.
        await visit.handle.read()
        session.set('marks', [...marks, visit.letter])
        visit.told.marked = true
        visit.told.busy = [from, visit.step()]
      },
      { wait: 1, hold: 30 },
    )
  })

export const shorten = (seconds: number, options?: Options): Plan =>
  plan(`sets its lifetime to ${seconds} s`, options, async (visit) => {
    ;(await acquire(visit)).setLifetime({ idleTimeout: seconds })
    visit.told.lifetime = seconds
  })

export const editFirst = (options?: Options): Plan =>
  plan('edits the session', options, async (visit) => {
    const isThere = await visit.manager.edit(visit.firstId, (session) => {
      session.update('marks', (marks = []) => [...marks, visit.letter])
    })
    if (isThere) visit.told.marked = true
  })

export const destroyFirst = (options?: Options): Plan =>
  plan('destroys the session by its id', options, async (visit) => {
    visit.told.ends = 'others'
    if (await visit.manager.destroy(visit.firstId)) visit.told.ended = visit.firstId
  })

export const signOutEverywhere = (owner: string, options?: Options): Plan =>
  plan(`signs ${owner} out everywhere`, options, async (visit) => {
    visit.told.ends = 'others'
    await visit.manager.destroyByOwner(owner)
    visit.told.ended = owner
  })

/** Leaves a session in which only this request goes on. */
export const signOutOthers = (owner: string, options?: Options): Plan =>
  plan(`signs ${owner} out elsewhere`, options, async (visit) => {
    const session = await look(visit)
    visit.told.ends = 'others'
    await visit.manager.destroyByOwner(owner, { except: session.id })
    visit.told.ended = `${owner} but ${session.id}`
  })

function fail({ told }: Visit): never {
  told.throws = true
  throw new Error('the handler fails')
}
