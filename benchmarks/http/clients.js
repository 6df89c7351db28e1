// Clients that keep their connection and ask again as soon as they have their answer. An HTTP client that does more
// takes as much of the processor for a request as the bare server does, and would be what is measured.
import { once } from 'node:events'
import { connect } from 'node:net'
import { answerCommands } from '../processes/answer-commands.js'

const CONNECTIONS = 32
const END_OF_HEAD = '\r\n\r\n'
/** How long a server may take for one answer. It must not keep all others waiting. */
const PATIENCE_MS = 20_000

/** By port: the requests to the server there. */
const targets = new Map()

await answerCommands({
  /** What is asked for at this port, from now on. */
  aim({ port, path, headers }) {
    targets.set(
      port,
      headers.map((cookie) => Buffer.from(requestText(port, path, cookie))),
    )
  },
  /** Asks everything once. */
  async askAll({ port }) {
    const requests = targets.get(port)
    let next = 0
    await ask(await connectAll(port, CONNECTIONS), () => requests[next++])
  },
  /** Asks for anything at random. @returns how many requests were answered in how many microseconds */
  async run({ port, connections, ms }) {
    const requests = targets.get(port)
    const sockets = await connectAll(port, connections)
    const started = performance.now()
    const until = started + ms
    const random = () => requests[Math.floor(Math.random() * requests.length)]
    // Each asks once at least, however long the machine has kept it waiting.
    const count = await ask(sockets, (asked) => (asked === 0 || performance.now() < until ? random() : undefined))
    return { count, wall: (performance.now() - started) * 1000 }
  },
  forget({ port }) {
    targets.delete(port)
  },
})

function connectAll(port, count) {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      await once(socket, 'connect')
      return socket
    }),
  )
}

/** Every connection goes on until `next` gives nothing more. How many answers there were. */
async function ask(sockets, next) {
  try {
    const counts = await Promise.all(sockets.map((socket) => converse(socket, next)))
    return counts.reduce((sum, count) => sum + count, 0)
  } catch (error) {
    // Else the others would go on, in the next one's turn.
    for (const socket of sockets) socket.destroy()
    throw error
  }
}

function requestText(port, path, cookie) {
  const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: */*\r\n`
  return cookie === null ? `${head}\r\n` : `${head}Cookie: ${cookie}${END_OF_HEAD}`
}

function converse(socket, next) {
  return new Promise((resolve, reject) => {
    let count = 0
    let text = ''
    const goOn = () => {
      const request = next(count)
      if (request !== undefined) socket.write(request)
      else socket.end(() => resolve(count))
    }
    socket.on('error', reject)
    socket.setTimeout(PATIENCE_MS, () => reject(new Error(`no answer in ${PATIENCE_MS / 1000} s`)))
    socket.on('data', (chunk) => {
      text += chunk.latin1Slice()
      if (!isComplete(text)) return
      if (!text.startsWith('HTTP/1.1 200')) reject(new Error(`The server answered ${text.slice(0, 100)}`))
      text = ''
      count++
      goOn()
    })
    goOn()
  })
}

function isComplete(text) {
  const end = text.indexOf(END_OF_HEAD)
  if (end === -1) return false
  const length = /^content-length: *(\d+)/im.exec(text)
  if (length === null) return text.endsWith(`0${END_OF_HEAD}`)
  return text.length >= end + END_OF_HEAD.length + Number(length[1])
}
