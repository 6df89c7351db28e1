import type { SessionRecord, SessionStore } from '@fetch-sessions/core'

/** What one process does with its store, as core would. */
export interface Process {
  readonly says: string
  act(store: SessionStore, now: number): Promise<void>
}

export const HOUR = 3_600_000
export const ADA = 'ada'
export const BOB = 'bob'

/** The id of a session, by its letter. */
export function idOf(letter: string): string {
  return letter.repeat(43)
}

export function recordOf(now: number, fields: Partial<SessionRecord> = {}): SessionRecord {
  const { data = '{}', version = 1, expiresAt = now + HOUR, owner, meta } = fields
  return { data, createdAt: now, expiresAt, owner, version, meta }
}

/** A first sign-in. */
export function starts(letter: string, owner?: string): Process {
  return {
    says: `starts ${letter}${owner === undefined ? '' : ` of ${owner}`}`,
    act: async (store, now) => {
      await store.create(idOf(letter), recordOf(now, { owner, data: `"of ${letter}"` }))
    },
  }
}

/** A request that reads, and notes its use: so many hours from now the session will be over. */
export function uses(letter: string, hours = 2): Process {
  return {
    says: `uses ${letter}`,
    act: async (store, now) => {
      const record = await store.load(idOf(letter))
      if (record !== undefined && record.data !== '')
        await store.touch(idOf(letter), now + hours * HOUR, record.version)
    },
  }
}

/** A request that changes something, and again if another was faster. `owner`: whose it is then; `null` for nobody. */
export function changes(letter: string, owner?: string | null, hours = 1): Process {
  const whose = owner === undefined ? '' : `, for ${owner ?? 'nobody'}`
  return {
    says: `changes ${letter}${whose}`,
    act: async (store, now) => {
      for (let attempt = 0; attempt < 3; attempt++) {
        const before = await store.load(idOf(letter))
        if (before === undefined || before.data === '') return
        const record = recordOf(now, {
          version: before.version + 1,
          owner: owner === undefined ? before.owner : (owner ?? undefined),
          data: `"changed${whose}"`,
          expiresAt: now + hours * HOUR,
        })
        if (await store.update(idOf(letter), record)) return
      }
    },
  }
}

export function signsOut(letter: string): Process {
  return { says: `ends ${letter}`, act: async (store) => void (await store.delete(idOf(letter))) }
}

export function signsOutEverywhere(owner: string, except?: string): Process {
  return {
    says: `ends all of ${owner}${except === undefined ? '' : ` but ${except}`}`,
    act: async (store) => void (await store.deleteByOwner?.(owner, except === undefined ? undefined : idOf(except))),
  }
}

export function lists(owner: string): Process {
  return { says: `lists ${owner}`, act: async (store) => void (await store.listByOwner?.(owner)) }
}

/** A new id, as core gives it: the new session first, then the old one is turned into a marker that belongs to nobody. */
export function renews(letter: string, successor: string): Process {
  return {
    says: `gives ${letter} the id ${successor}`,
    act: async (store, now) => {
      const old = await store.load(idOf(letter))
      if (old === undefined || old.data === '') return
      await store.create(idOf(successor), recordOf(now, { owner: old.owner, data: old.data }))
      const marker = recordOf(now, { data: '', version: old.version + 1, meta: '{}', expiresAt: now + 30_000 })
      if (!(await store.update(idOf(letter), marker))) await store.delete(idOf(successor))
    },
  }
}

/** One after the other. */
export function inOrder(...parts: readonly Process[]): Process {
  return {
    says: parts.map(({ says }) => says).join(', '),
    act: async (store, now) => {
      for (const part of parts) await part.act(store, now)
    },
  }
}
