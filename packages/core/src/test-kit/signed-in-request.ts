import type { SessionIssuer } from './sessions.js'
import { giveCookies, requestOf, type VisitInit } from './visit-request.js'
import { HOME, isAddress } from './visitor-target.js'

export interface SignedInInit extends VisitInit {
  /** Whose session it is. */
  owner?: string
  /** Where paths begin. Default `https://app.example`. */
  origin?: string
}

/**
 * A request that comes with a stored session that holds this data. For a handler that is called once; a `Visitor` keeps
 * what comes back.
 *
 * @example
 * ```ts
 * const response = await app.fetch(await signedInRequest(sessions, '/account', { userId: 'ada' }, { owner: 'ada' }))
 * ```
 */
export async function signedInRequest<Data>(
  sessions: SessionIssuer<Data>,
  input: string | URL | Request,
  data: Partial<Data>,
  init: SignedInInit = {},
): Promise<Request> {
  const { owner, origin = HOME, ...rest } = init
  const request = requestOf(isAddress(input) ? new URL(input, origin) : input, rest)
  const { cookie } = await sessions.issue(data, owner === undefined ? {} : { owner })
  const others = request.headers.get('cookie')
  giveCookies(request, others === null ? cookie : `${others}; ${cookie}`)
  return request
}
