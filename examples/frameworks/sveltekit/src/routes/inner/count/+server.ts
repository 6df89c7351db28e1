import type { RequestEvent } from '@sveltejs/kit'

export async function POST({ locals }: RequestEvent) {
  const session = await locals.session.write()
  session.update('count', (n = 0) => n + 1)
  return new Response()
}
