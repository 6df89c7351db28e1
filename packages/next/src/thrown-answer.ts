import { isAnswer } from '@fetch-sessions/core'

const REDIRECT = /^NEXT_REDIRECT;/
const REDIRECT_TO = /^NEXT_REDIRECT;(?:push|replace);(.+);(30[378]);$/
const HTTP_STATUS = /^NEXT_HTTP_ERROR_FALLBACK;(\d{3})$/

/**
 * Whether this is what `redirect()`, `permanentRedirect()`, `notFound()`, `forbidden()` or `unauthorized()` throw: Next
 * answers with it, and nothing has failed. Other things that Next throws, such as to leave a page that is prerendered,
 * are no answer.
 */
export function isThrownAnswer(thrown: unknown): boolean {
  return REDIRECT.test(digestOf(thrown)) || HTTP_STATUS.test(digestOf(thrown))
}

/**
 * The response that Next would make of it in a route handler, to be given a session's cookie. By itself Next puts no cookie
 * on that of `notFound()`, and tells caches nothing with that of `redirect()`.
 */
export function responseOf(thrown: unknown, request: Request): Response | undefined {
  const digest = digestOf(thrown)
  const [, status] = digest.match(HTTP_STATUS) ?? []
  if (status !== undefined) return new Response(null, { status: Number(status) })
  const [, location, redirectStatus] = digest.match(REDIRECT_TO) ?? []
  if (location === undefined) return undefined
  return new Response(null, { status: mayBeAction(request) ? 303 : Number(redirectStatus), headers: { location } })
}

/** As Next tells it, by the headers. A redirect then leads to a GET, so that a form is not sent once more. */
function mayBeAction({ method, headers }: Request): boolean {
  if (method !== 'POST') return false
  const type = headers.get('content-type')
  const isForm = type === 'application/x-www-form-urlencoded' || type?.startsWith('multipart/form-data')
  return isForm || headers.has('next-action')
}

function digestOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'digest' in thrown ? String(thrown.digest) : ''
}

/** A `Response` below 500 that was thrown is an answer, as with every adapter. What else was thrown is thrown on. */
export function answerOf(thrown: unknown): Response {
  if (isAnswer(thrown)) return thrown
  throw thrown
}

/**
 * A `Response` that was thrown where none can be an answer. Core would put the cookie on it and throw it on, and Next write
 * it to the log as it is.
 */
export class FailedWith {
  readonly response: Response

  constructor(response: Response) {
    this.response = response
  }
}
