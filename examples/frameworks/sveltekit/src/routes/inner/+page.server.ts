import type { RequestEvent } from '@sveltejs/kit'

/** Writes itself, and asks an endpoint of the same application that does as well. */
export async function load({ locals, fetch }: RequestEvent) {
  const session = await locals.session.write()
  session.set('user', 'outer')
  await fetch('/inner/count', { method: 'POST' })
}
