// One server process of a trial. Its arguments are the place of the sessions and the name of the application; it sends
// its port when it listens.

import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { type AppName, apps, type Counts } from './apps.js'
import { openStore, type Place } from './stores.js'

const place = JSON.parse(process.argv[2] as string) as Place
const { store } = await openStore[place.store](place)

const counts: Counts = { conflicts: 0, requests: 0, lookUps: 0 }
const app = apps[process.argv[3] as AppName]({
  store,
  place,
  counts,
  onEvent(event) {
    if (event.type === 'conflict') counts.conflicts++
  },
})

const server = createAdaptorServer({
  fetch(request, env) {
    counts.requests++
    return app(request, env as HttpBindings)
  },
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined })
})
process.on('message', () => process.send?.(counts))
process.on('disconnect', () => process.exit())
