import { describe } from '@fetch-sessions/example-frameworks-shared'
import { notFound, permanentRedirect, redirect } from 'next/navigation'
import { loaded, sessions } from '../../sessions'

/** When the module of the sessions was loaded. */
export const GET = sessions.route(() => new Response(String(loaded)))

/** As a route handler: what the actions do by forms. */
export const POST = sessions.route(async (request, handle) => {
  const session = await handle.write()
  session.update('count', (n = 0) => n + 1)
  // What it calls has the same session.
  const seen = describe(await sessions.read())
  switch (request.nextUrl.searchParams.get('then')) {
    case 'redirect':
      redirect('/')
      break
    case 'moved':
      permanentRedirect('/')
      break
    case 'missing':
      notFound()
      break
    case 'fail':
      throw new Error('on purpose')
  }
  return new Response(seen)
})
