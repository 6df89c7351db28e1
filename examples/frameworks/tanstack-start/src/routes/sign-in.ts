import { createFileRoute, redirect } from '@tanstack/react-router'
import { sessions } from '../sessions'

export const Route = createFileRoute('/sign-in')({
  server: {
    handlers: {
      POST: async ({ request }) => {
        const session = await sessions().write(request)
        session.set('user', 'ada').regenerate()
        throw redirect({ to: '/', statusCode: 303 })
      },
    },
  },
})
