import { live } from '@fetch-sessions/example-frameworks-shared'
import type { APIRoute } from 'astro'
import { sessions } from '../sessions'

export const GET: APIRoute = async ({ locals }) => new Response(await live(sessions, locals.session))
