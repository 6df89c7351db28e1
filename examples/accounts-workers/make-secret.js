// Makes .dev.vars with a secret for this machine, unless there is one.
import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'

if (!existsSync('.dev.vars')) writeFileSync('.dev.vars', `SESSION_SECRET="${randomBytes(32).toString('base64url')}"\n`)
