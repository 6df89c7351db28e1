import { describe } from '@fetch-sessions/example-frameworks-shared'
import { defineHandler } from 'nitro'
import { sessions } from '../sessions.ts'

export default defineHandler(async (event) => {
  const session = await sessions.write(event.req)
  session.update('count', (n = 0) => n + 1)
  return describe(session)
})
