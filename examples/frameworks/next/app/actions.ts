'use server'

import { notFound, redirect } from 'next/navigation'
import { sessions } from '../sessions'

export const count = sessions.action(async (session) => {
  ;(await session.write()).update('count', (n = 0) => n + 1)
})

export const signIn = sessions.action(async (session) => {
  ;(await session.write()).set('user', 'ada').regenerate()
  redirect('/')
})

export const signOut = sessions.action(async (session) => {
  ;(await session.write()).destroy()
  redirect('/')
})

export const fail = sessions.action(async (session) => {
  ;(await session.write()).set('count', 1000)
  throw new Error('on purpose')
})

export const countNothing = sessions.action(async (session) => {
  ;(await session.write()).update('count', (n = 0) => n + 1)
  notFound()
})
