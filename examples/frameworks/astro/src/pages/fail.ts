import type { APIRoute } from 'astro'

export const POST: APIRoute = async ({ locals }) => {
  const session = await locals.session.write()
  session.set('count', 1000)
  throw new Error('on purpose')
}
