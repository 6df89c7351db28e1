'use server'

import { sessions } from '../sessions'

export const count = sessions.action(async (session) => {
  ;(await session.write()).update('count', (n = 0) => n + 1)
})
