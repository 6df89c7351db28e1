import { SessionManager } from '@fetch-sessions/core'
import connect from 'postgres'
import { expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { newTable } from '../test/table.js'
import { postgresStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')

const VISITORS = 30

/**
 * postgres.js sends a prepared `select *` again when its table has changed, and gives replies to the wrong queries from
 * then on. It is shared with the application here, which the README advises against.
 */
it.skipIf(postgres === undefined)(
  'a postgres.js that mixes up its replies, after a column was added to another table, gives nobody another’s session',
  async () => {
    const sql = connect(postgres as string, { max: 2, onnotice() {} })
    const admin = connect(postgres as string, { max: 1, onnotice() {} })
    const [table, others] = [newTable(), newTable()]
    try {
      const store = postgresStore(sql, { table })
      await store.migrate()
      await admin.unsafe(`CREATE TABLE ${others} (id int, v text); INSERT INTO ${others} VALUES (1, 'theirs')`)
      const sessions = new SessionManager<{ user: string; n: number }>({
        store,
        secret: 'thirty-two bytes of secret, at least',
        storeTimeout: 1,
      })
      const visitors = await Promise.all(
        Array.from({ length: VISITORS }, (_, i) => sessions.issue({ user: `u${i}`, n: 0 }, { owner: `u${i}` })),
      )
      const seen: string[] = []
      const problems: string[] = []
      const visit = async (i: number): Promise<void> => {
        const cookie = visitors[i]?.cookie ?? ''
        const request = new Request('http://localhost/', { headers: { cookie } })
        const work = sessions.handle(request, async (handle) => {
          const session = await handle.write()
          if (session.has('user') && session.get('user') !== `u${i}`) seen.push(`u${i} saw ${session.get('user')}`)
          session.update('n', (n = 0) => n + 1)
          return new Response()
        })
        await work.catch((error) => problems.push(String(error.cause?.message)))
      }
      const late = () => new Promise((resolve) => setTimeout(resolve, 1000))
      const theirs = `SELECT * FROM ${others} WHERE id = $1`
      const ask = () => Promise.race([sql.unsafe(theirs, [1], { prepare: true }).catch(() => {}), late()])
      const burst = () => Promise.all(Array.from({ length: 60 }, (_, k) => (k % 6 === 0 ? ask() : visit(k % VISITORS))))
      await burst()
      await admin.unsafe(`ALTER TABLE ${others} ADD COLUMN note text`)
      for (let i = 0; i < 4; i++) await burst()
      const rows = await admin.unsafe(`SELECT id, owner, data FROM ${table}`)
      const stored = new Map(rows.map((row) => [row.id as string, row]))
      for (const [i, { id }] of visitors.entries()) {
        const row = stored.get(id)
        if (row === undefined) continue
        expect(row.owner).toBe(`u${i}`)
        expect(row.data).toContain(`"u${i}"`)
      }
      expect(seen).toEqual([])
      // It has mixed them up indeed.
      expect(problems).toContainEqual(expect.stringMatching(/^fetch-sessions: .* belongs to another statement/))
    } finally {
      await admin.unsafe(`DROP TABLE IF EXISTS ${table}, ${others}`)
      await sql.end({ timeout: 0 })
      await admin.end()
    }
  },
  60_000,
)
