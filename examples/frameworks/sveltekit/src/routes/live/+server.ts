import { live } from '@fetch-sessions/example-frameworks-shared'
import type { RequestEvent } from '@sveltejs/kit'
import { sessions } from '../../sessions'

export async function GET({ locals }: RequestEvent) {
  return new Response(await live(sessions, locals.session))
}
