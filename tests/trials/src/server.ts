// One server process of a trial. Its argument is the place of the sessions; it sends its port when it listens.

import { SessionManager } from '@fetch-sessions/fetch'
import { createAdaptorServer } from '@hono/node-server'
import { trialApp, type Visit } from './app.js'
import { openStore, type Place } from './stores.js'

const place = JSON.parse(process.argv[2] as string) as Place
const { store } = await openStore[place.store](place)

let conflicts = 0
const sessions = new SessionManager<Visit>({
  store,
  secret: 'the same in all processes of a trial',
  cookie: { secure: false },
  storeTimeout: 1,
  onEvent(event) {
    if (event.type === 'conflict') conflicts++
  },
})

const server = createAdaptorServer({ fetch: trialApp(sessions) })
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined })
})
process.on('message', () => process.send?.({ conflicts }))
process.on('disconnect', () => process.exit())
