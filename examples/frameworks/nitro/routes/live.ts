import { live } from '@fetch-sessions/example-frameworks-shared'
import { defineHandler } from 'nitro'
import { sessions } from '../sessions.ts'

export default defineHandler((event) => live(sessions, sessions.open(event.req)))
