import type { APIRoute } from 'astro'

export const POST: APIRoute = async ({ locals, redirect }) => {
  const session = await locals.session.write()
  session.update('count', (n = 0) => n + 1)
  return redirect('/', 303)
}
