import type { ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'

/** What a handler does with its response, and what it notes of what it sees. */
export type Way = (response: ServerResponse, note: (...what: unknown[]) => void) => void

/** With which code Node, or what looks like it, refuses. */
const code = (act: () => unknown): unknown => {
  try {
    act()
    return 'fine'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

/** What a middleware does that adds a header when the head goes out, and notes how often that was. */
const countHeads: Way = (response, note) => {
  const { writeHead } = response
  let calls = 0
  response.writeHead = ((...args: Parameters<typeof writeHead>) => {
    calls++
    response.appendHeader('X-Head', `${calls}`)
    return writeHead.apply(response, args)
  }) as typeof writeHead
  response.on('finish', () => note(calls))
}

export const ways: Readonly<Record<string, Way>> = {
  'end(text)': (response) => void response.end('hello'),
  'end()': (response) => void response.end(),
  'end(null)': (response) => void response.end(null),
  'end(buffer)': (response) => void response.end(Buffer.from('hello')),
  'end(text, encoding)': (response) => void response.end('aGVsbG8=', 'base64'),
  'end(callback)': (response, note) => void response.end(() => note('ended')),
  'end(text, callback)': (response, note) => void response.end('hello', () => note('ended')),
  'end(text, encoding, callback)': (response, note) => void response.end('hello', 'utf8', () => note('ended')),
  'a content length and end(text)': (response) => void response.setHeader('Content-Length', 5).end('hello'),
  'an empty text': (response) => void response.end(''),
  'end returns the response': (response, note) => note(response.end('hello') === response),
  'write and end': (response, note) => {
    note(response.write('hel'), response.headersSent, response.writableEnded)
    response.end('lo')
    note(response.headersSent, response.writableEnded)
  },
  'write with callbacks': (response, note) => {
    response.write('a', () => note('a'))
    response.write('Yg==', 'base64', () => note('b'))
    response.write(new Uint8Array([99]))
    response.end(() => note('end'))
  },
  'many writes': (response) => {
    for (let i = 0; i < 100; i++) response.write(`line ${i}\n`)
    response.end()
  },
  'more than fits': (response, note) => {
    note(response.write('x'.repeat(1_000_000)))
    response.once('drain', () => {
      note('drained')
      response.end('y')
    })
  },
  'writeHead(status)': (response) => void response.writeHead(201).end('hello'),
  'writeHead(status, message)': (response) => void response.writeHead(202, 'Got It').end('hello'),
  'writeHead(status, headers)': (response) =>
    void response
      .writeHead(201, { 'Content-Type': 'text/plain', 'X-One': ['1', '2'], 'Set-Cookie': ['a=1', 'b=2'] })
      .end(),
  'writeHead(status, message, headers)': (response) =>
    void response.writeHead(299, 'Fine', { 'X-One': '1' }).end('hello'),
  'writeHead(status, undefined, headers)': (response) =>
    void response.writeHead(200, undefined, { 'X-One': '1' }).end('hello'),
  'writeHead with names and values in turn': (response) =>
    void response.writeHead(200, ['X-One', '1', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end('hello'),
  'writeHead with pairs': (response) =>
    void response
      .writeHead(200, [
        ['X-One', '1'],
        ['X-Two', '2'],
      ] as never)
      .end('hello'),
  'writeHead over setHeader': (response) =>
    void response.setHeader('X-One', 'old').setHeader('X-Two', '2').writeHead(200, { 'x-one': 'new' }).end('hello'),
  'writeHead with a length': (response) => {
    response.writeHead(200, { 'Content-Length': 5 })
    response.write('hel')
    response.end('lo')
  },
  'writeHead wrapped by hand': (response, note) => {
    countHeads(response, note)
    response.end('hello')
  },
  'writeHead wrapped by hand, and write': (response, note) => {
    countHeads(response, note)
    response.write('hel')
    response.end('lo')
  },
  'headers after writeHead': (response, note) => {
    response.writeHead(200)
    note(response.headersSent)
    note(code(() => response.setHeader('X-Late', '1')))
    note(code(() => response.appendHeader('X-Late', '1')))
    note(code(() => response.removeHeader('X-Late')))
    note(code(() => response.writeHead(500)))
    response.end('hello')
  },
  'headers after write': (response, note) => {
    response.write('hel')
    note(code(() => response.setHeader('X-Late', '1')))
    note(code(() => response.writeHead(500)))
    response.end('lo')
    note(code(() => response.setHeader('X-Late', '1')))
  },
  'writeHead with what Node refuses': (response, note) => {
    note(code(() => response.writeHead(99)))
    note(code(() => response.writeHead(1000)))
    note(code(() => response.writeHead('none' as never)))
    note(code(() => response.writeHead(200, ['odd'])))
    note(code(() => response.writeHead(200, { 'X-One': undefined })))
    response.statusCode = 200
    response.end('hello')
  },
  'end twice': (response, note) => {
    response.end('hello')
    note(response.end() === response)
  },
  flushHeaders: (response, note) => {
    response.flushHeaders()
    note(response.headersSent)
    response.end('hello')
  },
  'flushHeaders and write': (response) => {
    response.writeHead(203)
    response.flushHeaders()
    response.write('hel')
    setImmediate(() => response.end('lo'))
  },
  'cork and uncork': (response) => {
    response.cork()
    response.write('hel')
    response.write('lo')
    process.nextTick(() => {
      response.uncork()
      response.end()
    })
  },
  pipe: (response) => void Readable.from(['a', 'b', 'c']).pipe(response),
  'pipe of much': (response) => void Readable.from(Array.from({ length: 50 }, () => 'x'.repeat(20_000))).pipe(response),
  'pipe after writeHead': (response) => {
    response.writeHead(206, { 'X-One': '1' })
    Readable.from(['a', 'b', 'c']).pipe(response)
  },
  'pipeline of a stream': (response, note) =>
    void pipeline(Readable.from(['a', 'b', 'c']), response, (error) => note('piped', error ?? 'well')),
  'pipeline of a generator': (response, note) =>
    void pipeline(
      async function* () {
        for (let i = 0; i < 30; i++) yield 'x'.repeat(3000)
      },
      response,
      (error) => note('piped', error ?? 'well'),
    ),
  'a status alone': (response) => {
    response.statusCode = 404
    response.end()
  },
  'a status and its words': (response) => {
    response.statusCode = 404
    response.statusMessage = 'Nowhere'
    response.end('nowhere')
  },
  'no content': (response) => void response.writeHead(204).end(),
  'not modified': (response) => void response.writeHead(304, { ETag: '"1"' }).end(),
  'a redirect': (response) => void response.writeHead(303, { Location: '/there' }).end(),
  trailers: (response) => {
    response.writeHead(200, { Trailer: 'X-Sum' })
    response.write('hello')
    response.addTrailers({ 'X-Sum': '5' })
    response.end()
  },
  'its events': (response, note) => {
    for (const name of ['prefinish', 'finish', 'close']) response.on(name, () => note(name))
    response.end('hello')
  },
}
