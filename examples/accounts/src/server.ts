import { start } from '@fetch-sessions/example-shared/server'
import { accounts } from './app.js'
import { open } from './node/open.js'

const platform = await open(process.env.DATABASE || 'accounts.db')

start((secret) => accounts({ ...platform, secret }))
