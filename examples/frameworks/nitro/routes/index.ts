import { describe } from '@fetch-sessions/example-frameworks-shared'
import { defineHandler } from 'nitro'
import { sessions } from '../sessions.ts'

export default defineHandler(async (event) => describe(await sessions.read(event.req)))
