import type { Context } from 'hono'

/** The text fields of a form that was sent; what is not there is empty. */
export async function formOf<Name extends string>(c: Context, ...names: Name[]): Promise<Record<Name, string>> {
  const body = await c.req.parseBody()
  const fields = names.map((name): [Name, string] => [name, typeof body[name] === 'string' ? body[name] : ''])
  return Object.fromEntries(fields) as Record<Name, string>
}

/** What is wrong with a new member's name. */
export function problemOfName(name: string): string | undefined {
  if (name.length < 2 || name.length > 24) return 'A name has 2 to 24 characters.'
  if (!/^[\w.-]+$/.test(name)) return 'Only letters from A to Z, digits, dots, dashes and underscores, please.'
  return undefined
}

/** What is wrong with a new password. A real application would look it up in a list of those that are known, too. */
export function problemOfPassword(password: string, name: string): string | undefined {
  if (password.length < 10) return 'That is too short: it takes at least 10 characters.'
  if (password.length > 128) return 'That is too long: 128 characters are enough.'
  if (password.toLowerCase().includes(name.toLowerCase())) return 'Your name should not be part of it.'
  return undefined
}
