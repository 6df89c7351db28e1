import { live } from '@fetch-sessions/example-frameworks-shared'
import { createFileRoute } from '@tanstack/react-router'
import { sessions } from '../sessions'

export const Route = createFileRoute('/live')({
  server: {
    handlers: {
      GET: async ({ request }) => new Response(await live(sessions(), sessions().open(request))),
    },
  },
})
