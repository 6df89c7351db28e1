import { live } from '@fetch-sessions/example-frameworks-shared'
import type { LoaderFunctionArgs } from 'react-router'
import { sessionContext, sessions } from '../sessions'

export async function loader({ context }: LoaderFunctionArgs) {
  return new Response(await live(sessions, context.get(sessionContext)))
}
