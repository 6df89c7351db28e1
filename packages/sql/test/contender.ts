// One of several processes at the same database: says that it is ready, and starts with all the others.

import { once } from 'node:events'
import type { SessionRecord } from '@fetch-sessions/core'
import { type ClientName, clients } from './open-store.js'

/** What a process is to do. */
export type Task =
  | { do: 'migrate'; client: ClientName; address: string; tables: string[] }
  | { do: 'increment'; client: ClientName; address: string; table: string; id: string; times: number }

const task = JSON.parse(process.argv[2] as string) as Task
const opened = clients[task.client](task.address)
await opened.query('SELECT 1')
const started = once(process, 'message')
process.send?.('ready')
await started

if (task.do === 'migrate') {
  for (const table of task.tables) await opened.store({ table }).migrate()
} else {
  const store = opened.store({ table: task.table })
  for (let done = 0; done < task.times; ) {
    const { data, version, ...rest } = (await store.load(task.id)) as SessionRecord
    const next = { ...rest, data: String(Number(data) + 1), version: version + 1 }
    if (await store.update(task.id, next)) done++
  }
}

await opened.close()
process.disconnect()
