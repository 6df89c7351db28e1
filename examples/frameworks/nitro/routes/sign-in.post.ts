import { defineHandler } from 'nitro'
import { redirect } from 'nitro/h3'
import { sessions } from '../sessions.ts'

export default defineHandler(async (event) => {
  ;(await sessions.write(event.req)).set('user', 'ada').regenerate()
  return redirect('/', 303)
})
