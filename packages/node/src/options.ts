import { managerOf, type SessionManager, type SessionSource } from '@fetch-sessions/core'
import { failedByDefault, type NodeSessionOptions } from './request-sessions.js'

const OPTIONS = ['as', 'failed', 'onError', 'sessions']

/**
 * The options with their defaults.
 * @throws TypeError that names the option that can't work
 */
export function checkOptions(options: NodeSessionOptions): Required<NodeSessionOptions> {
  const { as = 'session', failed = failedByDefault } = options
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name))
  if (unknown !== undefined) {
    throw invalid(unknown, 'does not exist here: what is about sessions and their cookie belongs to the SessionManager')
  }
  if (typeof as !== 'string' || as === '') throw invalid('as', 'must be the name of a property')
  if (typeof failed !== 'function') throw invalid('failed', 'must be a function of a status and an error')
  return { as, failed }
}

/**
 * The manager of what an adapter was given.
 * @throws TypeError if there is none
 */
export function checkSessions<Data>(sessions: SessionSource<Data, []>): () => SessionManager<never> {
  const manager = managerOf(sessions)
  // What it holds is known to those who read it. Here it is handed on.
  return () => manager(undefined) as unknown as SessionManager<never>
}

export function invalid(option: string, problem: string): TypeError {
  return new TypeError(`fetch-sessions: ${option} ${problem}`)
}
