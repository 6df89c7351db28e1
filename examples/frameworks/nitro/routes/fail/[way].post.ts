import { defineHandler } from 'nitro'
import { HTTPError } from 'nitro/h3'
import { sessions } from '../../sessions.ts'

/** In other ways, which h3 answers with 500 as well. */
export default defineHandler(async (event) => {
  const session = await sessions.write(event.req)
  session.set('count', 1000)
  switch (event.context.params?.way) {
    case 'http-error':
      return new HTTPError({ status: 500 })
    case 'error':
      return new Error('on purpose')
    default:
      throw new Response('on purpose', { status: 403 })
  }
})
