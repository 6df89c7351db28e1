// Serves one contestant in a process of its own.
import process from 'node:process'
import { serve } from '@hono/node-server'
import { build } from '../contestants/index.js'
import { answerCommands } from '../processes/answer-commands.js'

const app = await build(process.argv[2])

await answerCommands({
  async listen() {
    const port = app.listen === undefined ? await listen(app.fetch) : await app.listen()
    return { port, canSeed: app.seed !== undefined }
  },
  seed: (count) => app.seed(count),
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
})

function listen(fetch) {
  return new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(server.address().port))
  })
}
