import { describe } from '@fetch-sessions/example-frameworks-shared'
import { type RequestEvent, redirect } from '@sveltejs/kit'

export async function load({ locals }: RequestEvent) {
  return { seen: describe(await locals.session.read()) }
}

export const actions = {
  count: async ({ locals }: RequestEvent) => {
    const session = await locals.session.write()
    session.update('count', (n = 0) => n + 1)
  },
  'sign-in': async ({ locals }: RequestEvent) => {
    const session = await locals.session.write()
    session.set('user', 'ada').regenerate()
    redirect(303, '/')
  },
  'sign-out': async ({ locals }: RequestEvent) => {
    const session = await locals.session.write()
    session.destroy()
    redirect(303, '/')
  },
  fail: async ({ locals }: RequestEvent) => {
    const session = await locals.session.write()
    session.set('count', 1000)
    throw new Error('on purpose')
  },
}
