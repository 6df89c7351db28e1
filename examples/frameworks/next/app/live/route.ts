import { live } from '@fetch-sessions/example-frameworks-shared'
import { sessions } from '../../sessions'

export const GET = sessions.route(async (_request, session) => new Response(await live(sessions.manager, session)))
