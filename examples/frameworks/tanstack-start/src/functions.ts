import { describe } from '@fetch-sessions/example-frameworks-shared'
import { redirect } from '@tanstack/react-router'
import { createServerFn } from '@tanstack/react-start'
import { getRequest } from '@tanstack/react-start/server'
import { sessions } from './sessions'

export const seen = createServerFn().handler(async () => describe(await sessions().read(getRequest())))

export const count = createServerFn({ method: 'POST' }).handler(async () => {
  const session = await sessions().write(getRequest())
  session.update('count', (n = 0) => n + 1)
  throw redirect({ to: '/', statusCode: 303 })
})

export const fail = createServerFn({ method: 'POST' }).handler(async () => {
  const session = await sessions().write(getRequest())
  session.set('count', 1000)
  throw new Error('on purpose')
})

const tips = createServerFn().handler(async (): Promise<string> => {
  throw new Error('on purpose')
})

/** Counts, and can do without what fails. */
export const recover = createServerFn({ method: 'POST' }).handler(async () => {
  const session = await sessions().write(getRequest())
  session.update('count', (n = 0) => n + 1)
  return tips().catch(() => 'no tips')
})
