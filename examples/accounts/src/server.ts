import { startSweeper } from '@fetch-sessions/core'
import { start } from '@fetch-sessions/example-shared/server'
import type { LoginEvent } from '@fetch-sessions/login'
import { accounts } from './app.js'
import { open } from './node/open.js'
import { accountSessions } from './sessions.js'

const opened = await open(process.env.DATABASE || 'accounts.db')

start((secret) => {
  const platform = { ...opened, secret, audit: (event: LoginEvent) => console.log(JSON.stringify(event)) }
  const sessions = accountSessions(platform)
  startSweeper(sessions) // SQLite does not remove what is expired.
  return accounts(platform, sessions)
})
