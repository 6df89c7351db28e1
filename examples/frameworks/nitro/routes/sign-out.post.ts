import { defineHandler } from 'nitro'
import { redirect } from 'nitro/h3'
import { sessions } from '../sessions.ts'

export default defineHandler(async (event) => {
  ;(await sessions.write(event.req)).destroy()
  return redirect('/', 303)
})
