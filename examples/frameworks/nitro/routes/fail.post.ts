import { defineHandler } from 'nitro'
import { sessions } from '../sessions.ts'

export default defineHandler(async (event) => {
  ;(await sessions.write(event.req)).set('count', 1000)
  throw new Error('on purpose')
})
