/** Increments the counter in a session as often as is told, by load and update, and tells how often an update lost. */
import { denoKvStore } from '../src/index.js'

const [path, id = '', times] = Deno.args
const kv = await Deno.openKv(path)
const store = denoKvStore(kv)
const now = Date.now()
const first = { data: '0', createdAt: now, expiresAt: now + 3_600_000, owner: 'ada', version: 1 }
await store.create(id, first)

let losses = 0
for (let done = 0; done < Number(times); ) {
  const stored = await store.load(id)
  if (stored === undefined) throw new Error('The session is gone')
  const data = String(Number(stored.data) + 1)
  if (await store.update(id, { ...stored, data, version: stored.version + 1 })) done++
  else losses++
}
const { data, version } = (await store.load(id)) ?? {}
console.log(JSON.stringify({ losses, data, version, sessions: (await store.listByOwner('ada')).length }))
kv.close()
