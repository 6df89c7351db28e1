import { addPages } from '@fetch-sessions/example-frameworks-shared'
import { session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import { sessions } from './sessions.ts'

// #region sessions
const app = new Hono().use(session(sessions))
// #endregion

addPages(app)

export const handler = handle(app)
