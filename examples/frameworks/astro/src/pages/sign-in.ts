import type { APIRoute } from 'astro'

export const POST: APIRoute = async ({ locals, redirect }) => {
  const session = await locals.session.write()
  session.set('user', 'ada').regenerate()
  return redirect('/', 303)
}
