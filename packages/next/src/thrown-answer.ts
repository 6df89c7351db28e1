import { isAnswer } from '@fetch-sessions/core'

const REDIRECT = /^NEXT_REDIRECT;/
const HTTP_STATUS = /^NEXT_HTTP_ERROR_FALLBACK;(\d{3})$/

/**
 * Whether this is what `redirect()`, `permanentRedirect()`, `notFound()`, `forbidden()` or `unauthorized()` throw: Next
 * answers with it, and nothing has failed. Other things that Next throws, such as to leave a page that is prerendered,
 * are no answer.
 */
export function isThrownAnswer(thrown: unknown): boolean {
  return REDIRECT.test(digestOf(thrown)) || HTTP_STATUS.test(digestOf(thrown))
}

/** The status that `notFound()`, `forbidden()` or `unauthorized()` stands for. */
export function statusOf(thrown: unknown): number | undefined {
  const [, status] = digestOf(thrown).match(HTTP_STATUS) ?? []
  return status === undefined ? undefined : Number(status)
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
