import type { APIEvent } from '@solidjs/start/server'
import { sessions } from '../../sessions'

/** In other ways than an action, which Start answers with 500 as well. */
export async function POST({ nativeEvent, params }: APIEvent) {
  const session = await sessions.write(nativeEvent.req)
  session.set('count', 1000)
  if (params.way === 'error') return new Error('on purpose')
  throw new Response('on purpose', { status: 403 })
}
