import { start } from '@fetch-sessions/example-shared/server'
import { regenerate } from './app.js'

start(regenerate)
