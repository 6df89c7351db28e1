import { start } from '@fetch-sessions/example-shared/server'
import { passkeys } from './app.js'

const origin = process.env.ORIGIN || `http://localhost:${process.env.PORT || 3000}`

start((secret) => passkeys({ secret, origin }))
