import { ActionError, defineAction } from 'astro:actions'

export const server = {
  fail: defineAction({
    handler: async (_input, { locals }) => {
      const session = await locals.session.write()
      session.set('count', 1000)
      throw new Error('on purpose')
    },
  }),
  refuse: defineAction({
    handler: async (_input, { locals }) => {
      const session = await locals.session.write()
      session.set('user', 'refused')
      throw new ActionError({ code: 'FORBIDDEN' })
    },
  }),
}
