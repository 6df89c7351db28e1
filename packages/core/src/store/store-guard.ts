import { isPromise, toPromise } from '../awaitable.js'
import { SessionStoreError } from '../errors.js'
import { timerDelay } from '../option-error.js'
import type { Awaitable, SessionStore } from './store.js'

const METHODS = 'load create update touch delete list listByOwner deleteByOwner deleteExpired clear'.split(' ')

type Method = (...args: unknown[]) => Awaitable<unknown>

/**
 * The same store, but whatever it throws or rejects with is the cause of a `SessionStoreError`, and so is a call that
 * takes longer than `timeout` seconds. A store that answers synchronously still does.
 */
export function guardStore(store: SessionStore, timeout: number | undefined): SessionStore {
  const methods = store as unknown as Record<string, Method | undefined>
  const guarded: Record<string, Method> = {}
  for (const name of METHODS) {
    if (methods[name] === undefined) continue
    const fail = (cause: unknown): never => {
      throw new SessionStoreError(name, cause)
    }
    guarded[name] = (...args) => {
      try {
        const answer = toPromise(methods[name]?.(...args))
        return isPromise(answer) ? within(timeout, answer).catch(fail) : answer
      } catch (cause) {
        return fail(cause)
      }
    }
  }
  return { ...guarded, consistency: store.consistency } as unknown as SessionStore
}

/**
 * The answer of one call, guarded likewise. What `isNoFailure` says of an error is no failure of the store.
 */
export async function guardCall<T>(
  name: string,
  timeout: number | undefined,
  call: () => Awaitable<T>,
  isNoFailure: (error: unknown) => boolean,
): Promise<T> {
  try {
    return await within(timeout, Promise.resolve(call()))
  } catch (error) {
    throw isNoFailure(error) ? error : new SessionStoreError(name, error)
  }
}

function within<T>(timeout: number | undefined, answer: Promise<T>): Promise<T> {
  if (timeout === undefined) return answer
  let timer: ReturnType<typeof setTimeout>
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeout} s (storeTimeout)`)), timerDelay(timeout))
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}
