import { live } from '@fetch-sessions/example-frameworks-shared'
import type { APIEvent } from '@solidjs/start/server'
import { sessions } from '../sessions'

export async function GET({ request }: APIEvent) {
  return new Response(await live(sessions, sessions.open(request)))
}
