import { start } from '@fetch-sessions/example-shared/server'
import { signIn } from './app.js'

start(signIn)
