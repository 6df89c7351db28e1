import { sessions } from './sessions'

export const proxy = sessions.proxy(async (request, session) => {
  if (request.nextUrl.searchParams.has('welcome')) (await session.write()).set('user', 'welcomed')
  else await session.read()
})

export const config = { matcher: ['/', '/live'] }
