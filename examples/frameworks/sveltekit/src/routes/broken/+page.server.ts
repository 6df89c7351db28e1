import { error, type RequestEvent } from '@sveltejs/kit'

export async function load({ locals, url }: RequestEvent) {
  const session = await locals.session.write()
  session.set('count', 1000)
  if (url.searchParams.has('error')) error(503)
  throw new Error('on purpose')
}
