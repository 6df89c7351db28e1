import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accounts } from '../../../examples/accounts/src/app.js'
import { open } from '../../../examples/accounts/src/node/open.js'
import { type Running, serveAt } from './running.js'

/** The application on Node, with a database of its own. */
export async function startNode(): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-accounts-'))
  const platform = await open(join(folder, 'accounts.db'))
  const { origin, stop } = await serveAt(() => accounts({ ...platform, secret: randomBytes(32).toString('base64url') }))
  return {
    origin,
    async stop() {
      await stop()
      platform.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
