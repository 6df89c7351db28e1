/**
 * An id of a session. Its 32 bytes leave two bits of the last character unused. They are 0, so that character is one of
 * sixteen.
 */
const ID = /^[\w-]{42}[AEIMQUYcgkosw048]$/

export function isId(id: unknown): id is string {
  return typeof id === 'string' && ID.test(id)
}

/**
 * Where a note of our own lies that can be found by what many know, such as an owner: a key that stores take for an id, but
 * that no session can have. So nobody gets there who has the id of a session, or makes one up.
 */
export function noteIdOf(id: string): string {
  return `${id.slice(0, -1)}_`
}
