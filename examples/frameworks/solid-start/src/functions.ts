import { describe } from '@fetch-sessions/example-frameworks-shared'
import { action, query, redirect } from '@solidjs/router'
import { getRequestEvent } from 'solid-js/web'
import { sessions } from './sessions'

/** The request that came. For what Start asks for behind an action, `event.request` is another. */
const request = (): Request => {
  const event = getRequestEvent()
  if (event === undefined) throw new Error('There is no request')
  return event.nativeEvent.req
}

export const seen = query(async () => {
  'use server'
  return describe(await sessions.read(request()))
}, 'seen')

export const count = action(async () => {
  'use server'
  const session = await sessions.write(request())
  session.update('count', (n = 0) => n + 1)
  throw redirect('/')
}, 'count')

export const signIn = action(async () => {
  'use server'
  const session = await sessions.write(request())
  session.set('user', 'ada').regenerate()
  throw redirect('/', 303)
}, 'sign-in')

export const signOut = action(async () => {
  'use server'
  const session = await sessions.write(request())
  session.destroy()
  throw redirect('/', 303)
}, 'sign-out')

export const fail = action(async () => {
  'use server'
  const session = await sessions.write(request())
  session.set('count', 1000)
  throw new Error('on purpose')
}, 'fail')
