import { sqliteStore } from '@fetch-sessions/sql'
import { getConnInfo } from '@hono/node-server/conninfo'
import { createClient } from '@libsql/client'
import { hash, verify } from '@node-rs/argon2'
import type { Platform } from '../platform.js'
import { Users } from '../users.js'
import { MemoryTries } from './memory-tries.js'

/** Everything that the application needs, on Node, with one SQLite file. */
export async function open(file: string): Promise<Omit<Platform, 'secret'> & { close(): void }> {
  // Two, since the store has its client open connections anew at times, which would end a transaction of ours.
  const [own, forStore] = [0, 0].map(() => createClient({ url: `file:${file}`, timeout: 5000 })) as [Client, Client]
  await own.execute('PRAGMA journal_mode = WAL')

  const users = new Users(async (sql, ...args) => (await own.execute({ sql, args })).rows.map((row) => ({ ...row })))
  await users.migrate()
  const store = sqliteStore(forStore)
  await store.migrate()

  return {
    store,
    users,
    // Argon2id, with what the OWASP cheat sheet asks for: 19 MiB, two rounds.
    passwords: { hash: (password) => hash(password), verify },
    tries: new MemoryTries(),
    // Behind a proxy this is the proxy's, and the header that it sets is to be asked instead.
    addressOf: (c) => getConnInfo(c).remote.address ?? 'unknown',
    // This example speaks plain http, over which some clients do not send Secure cookies. In production leave it out.
    secure: process.env.NODE_ENV === 'production',
    close() {
      own.close()
      forStore.close()
    },
  }
}

type Client = ReturnType<typeof createClient>
