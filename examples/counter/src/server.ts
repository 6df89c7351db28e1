import { start } from '@fetch-sessions/example-shared/server'
import { counter } from './app.js'

start(counter)
