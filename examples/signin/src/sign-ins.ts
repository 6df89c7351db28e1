/** How long a form that was sent is remembered, in milliseconds. */
const REMEMBERED = 60_000

/**
 * The sign-in forms that were sent. A double click sends one twice, and the browser keeps the answer to the second: the
 * session that the first began would be nobody's, and alive. So the second waits for the first, and ends its session.
 */
export class SignIns {
  readonly #sessions = new Map<string, Promise<string | undefined>>()

  /**
   * @param form which form was sent: the same both times, and known to nobody else
   * @param signIn begins a session, given the one that this form has begun before, and tells its id if there is one now
   */
  async once(form: string, signIn: (earlier: string | undefined) => Promise<string | undefined>): Promise<boolean> {
    const session = (this.#sessions.get(form) ?? Promise.resolve(undefined)).catch(() => undefined).then(signIn)
    this.#sessions.set(form, session)
    setTimeout(() => this.#sessions.get(form) === session && this.#sessions.delete(form), REMEMBERED).unref()
    return (await session) !== undefined
  }
}
