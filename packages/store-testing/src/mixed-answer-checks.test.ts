import { MemoryStore, type SessionStore } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import { AnswerMixer } from './answer-mixer.js'
import { mixedAnswerChecks } from './mixed-answer-checks.js'
import { type OpenedStore, storeChecks } from './store-checks.js'

/** A store whose client mixes answers up, and which believes them. `careful` methods are never mixed. */
function believing(...careful: (keyof SessionStore)[]): OpenedStore {
  const mixer = new AnswerMixer()
  const right = new MemoryStore()
  const store = new Proxy(right, {
    get(_, name) {
      const member: unknown = Reflect.get(right, name, right)
      if (typeof member !== 'function') return member
      const call = async (...values: unknown[]): Promise<unknown> => Reflect.apply(member, right, values)
      if (careful.some((one) => one === name)) return call
      return (...values: unknown[]) => mixer.ask(() => call(...values))
    },
  })
  const mixAnswers = (isOn: boolean): void => void Object.assign(mixer, { isOn })
  return { store: store as unknown as SessionStore, mixAnswers }
}

const named = (open: () => OpenedStore, name: string) =>
  storeChecks(open, { mixesAnswers: true }).find((check) => check.name === name)

/** The same, with methods made of others, which are called one after the other. */
function madeOf(
  parts: (store: SessionStore) => Partial<SessionStore>,
  ...careful: (keyof SessionStore)[]
): OpenedStore {
  const { store, ...opened } = believing(...careful)
  const made = parts(store)
  return {
    ...opened,
    store: new Proxy(store, { get: (_, name) => Reflect.get(made, name) ?? Reflect.get(store, name) }),
  }
}

/** Looks up which session it has read, and deletes that. */
function deletesWhatItHasRead(store: SessionStore): Partial<SessionStore> {
  const ids = new Map<string, string>()
  return {
    create(id, record) {
      ids.set(record.data, id)
      return store.create(id, record)
    },
    async delete(id) {
      const record = await store.load(id)
      return record !== undefined && store.delete(ids.get(record.data) ?? id)
    },
  }
}

/** Deletes the sessions that a list says are the owner's. */
function deletesWhatIsListed(store: SessionStore): Partial<SessionStore> {
  return {
    async deleteByOwner(owner) {
      const infos = (await store.listByOwner?.(owner)) ?? []
      for (const { id } of infos) await store.delete(id)
      return infos.length
    },
  }
}

describe('a store that believes a client which mixes its answers up is found', () => {
  const faults: Record<string, () => OpenedStore> = {
    'a delete removes its own session and no other': () => madeOf(deletesWhatItHasRead, 'delete', 'create'),
    'a deleteByOwner that gives an answer has left none behind': () => madeOf(deletesWhatIsListed, 'delete'),
  }

  it.each(mixedAnswerChecks.checks.map(({ name }) => name))('by: %s', async (name) => {
    await expect(named(faults[name] ?? (() => believing()), name)?.run()).rejects.toThrow()
  })
})

describe('the checks of mixed answers', () => {
  const count = storeChecks(() => ({ store: new MemoryStore() })).length

  it('are asked for', () => {
    const checks = storeChecks(() => ({ store: new MemoryStore() }), { mixesAnswers: true })
    expect(checks.length).toBe(count + mixedAnswerChecks.checks.length)
  })

  it('fail without a client that mixes', async () => {
    const open = (): OpenedStore => ({ store: new MemoryStore() })
    await expect(named(open, mixedAnswerChecks.checks[0]?.name ?? '')?.run()).rejects.toThrow(/mixAnswers/)
  })

  it('pass where nothing is mixed', async () => {
    const open = (): OpenedStore => ({ store: new MemoryStore(), mixAnswers() {} })
    for (const { name } of mixedAnswerChecks.checks) expect(await named(open, name)?.run()).toBe('passed')
  })
})
