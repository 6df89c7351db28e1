/** An id of a session. */
const ID = /^[\w-]{43}$/

/**
 * The key of an id, behind the prefix. File systems may not tell upper case from lower case, but ids do: each capital
 * becomes `_` and the small letter, and `_` becomes `__`.
 */
export function keyOf(id: string): string {
  return id.replace(/[A-Z_]/g, (character) => `_${character.toLowerCase()}`)
}

/** The id of such a key; `undefined` if it is that of something else. */
export function idOf(key: string): string | undefined {
  const id = key.replace(/_([a-z_])/g, (_, character: string) => (character === '_' ? '_' : character.toUpperCase()))
  return ID.test(id) && keyOf(id) === key ? id : undefined
}

export function isId(text: string): boolean {
  return ID.test(text)
}
