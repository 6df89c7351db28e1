import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Redis } from 'ioredis'

type Result = { result: unknown } | { error: string }

/**
 * Upstash's REST protocol in front of a real Redis: a command as a JSON array that is posted to `/`, several to
 * `/pipeline`, and the results as JSON, with texts in base64 if the client asks for that.
 */
export class UpstashBridge {
  readonly #server: Server
  readonly #redis: Redis
  /** The commands of each request so far. */
  readonly requests: string[][][] = []

  private constructor(redis: Redis) {
    this.#redis = redis
    this.#server = createServer((request, response) => {
      this.#answer(request).then(({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      )
    })
  }

  static async start(redis: Redis): Promise<UpstashBridge> {
    const bridge = new UpstashBridge(redis)
    bridge.#server.listen(0, '127.0.0.1')
    await once(bridge.#server, 'listening')
    return bridge
  }

  get url(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`
  }

  get token(): string {
    return 'token-of-the-bridge'
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return { status: 401, body: { error: 'Unauthorized' } }
    const isPipeline = request.url === '/pipeline'
    const posted: unknown = JSON.parse(await textOf(request))
    const commands = (isPipeline ? posted : [posted]) as unknown[][]
    const texts = commands.map((command) => command.map(String))
    this.requests.push(texts)
    const encode = request.headers['upstash-encoding'] === 'base64' ? base64 : (result: unknown) => result
    const results = await Promise.all(texts.map((command) => this.#call(command, encode)))
    if (isPipeline) return { status: 200, body: results }
    const [result] = results
    return { status: result !== undefined && 'error' in result ? 400 : 200, body: result }
  }

  async #call([name = '', ...args]: string[], encode: (result: unknown) => unknown): Promise<Result> {
    try {
      return { result: encode(await this.#redis.call(name, args)) }
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
  }
}

function base64(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(base64)
  return typeof result === 'string' && result !== 'OK' ? Buffer.from(result).toString('base64') : result
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
