import { createFileRoute, redirect } from '@tanstack/react-router'
import { sessions } from '../sessions'

export const Route = createFileRoute('/sign-out')({
  server: {
    handlers: {
      POST: async ({ request }) => {
        const session = await sessions().write(request)
        session.destroy()
        throw redirect({ to: '/', statusCode: 303 })
      },
    },
  },
})
