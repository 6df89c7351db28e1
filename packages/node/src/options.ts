import { checkPropertyName, managerOf, type SessionManager, type SessionSource } from '@fetch-sessions/core'
import { failedByDefault, type NodeSessionOptions } from './request-sessions.js'

/**
 * The options with their defaults. `own`: the one that this adapter has beside those of all.
 * @throws TypeError that names the option that can't work
 */
export function checkOptions(options: NodeSessionOptions, own: 'onError' | 'sessions'): Required<NodeSessionOptions> {
  if (typeof options !== 'object' || options === null) {
    throw invalid('options', `must be an object of ${['as', 'failed', own].join(', ')}`)
  }
  const { as = 'session', failed = failedByDefault } = options
  const known = ['as', 'failed', own]
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    const where = 'What is about sessions and their cookie belongs to the SessionManager'
    throw invalid(unknown, `does not exist here: there are ${known.join(', ')}. ${where}`)
  }
  checkPropertyName('as', as)
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
